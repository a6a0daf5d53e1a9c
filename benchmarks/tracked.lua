-- wrk's script: views and clicks of people picked at random, every answer held against the one that is due.
-- Arguments: a file with a path on each line; the status that is due; what the address redirected to, or else the body,
-- is to begin with.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "failures.lua")

local paths, due, expected = {}, 0, ""

function init(args)
  for path in io.lines(args[1]) do
    table.insert(paths, wrk.format("GET", path))
  end
  due, expected = tonumber(args[2]), args[3]
  math.randomseed(os.time())
end

function request()
  return paths[math.random(#paths)]
end

function response(status, headers, body)
  if status ~= due or (headers["location"] or body):sub(1, #expected) ~= expected then
    failed(status, body)
  end
end
