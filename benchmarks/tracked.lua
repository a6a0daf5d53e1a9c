-- wrk's script: views and clicks of people picked at random, every answer held against the one that is due.
-- Arguments: a file with a path on each line; the status that is due; what the address redirected to, or else the body,
-- is to begin with.

local threads = {}
local paths, due, expected = {}, 0, ""

-- Globals, because `thread:get` reads no others.
failures = 0
failure = ""

function setup(thread)
  table.insert(threads, thread)
end

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
    failures = failures + 1
    failure = status .. " " .. body
  end
end

function done(summary, latency, requests)
  local failed, example = 0, ""
  for _, thread in ipairs(threads) do
    failed = failed + thread:get("failures")
    if thread:get("failure") ~= "" then
      example = thread:get("failure")
    end
  end
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"failures":%d,"broken":%d,"p99_milliseconds":%.4f,"example":"%s"}\n',
    summary.requests, summary.duration / 1e6, failed, broken, latency:percentile(99) / 1e3,
    example:gsub("[^%w%-]", " "):sub(1, 80)
  ))
end
