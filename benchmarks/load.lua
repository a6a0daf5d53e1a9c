-- wrk's script: an address of its own for each request, and every answer held against the one that is due.
-- Arguments: the path up to the address; the body that is due; the beginning of addresses never used before, or "" for
-- addresses that exist; the number before the first of these; how many of them there are.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "failures.lua")

local head, tail, due, tag, before, existing
local made = 0

function init(args)
  head = "GET " .. args[1]
  due = args[2] .. "\r\n"
  tag, before, existing = args[3], tonumber(args[4]), tonumber(args[5])
  tail = "@example.com HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n\r\n"
  math.randomseed(os.time())
end

function request()
  if tag ~= "" then
    made = made + 1
    return head .. tag .. made .. tail
  end
  return head .. "person" .. before + math.random(existing) .. tail
end

function response(status, headers, body)
  if status ~= 200 or body ~= due then
    failed(status, body)
  end
end
