-- wrk's script: one SOAP call again and again, and every answer held against what is due.
-- Arguments: the path; the envelope; the end of the body that is due; the least octets it has.

local threads = {}
local due, least

-- Globals, because `thread:get` reads no others.
failures = 0
failure = ""

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  due, least = args[3], tonumber(args[4])
  wrk.path = args[1]
  made = wrk.format("POST", args[1], {["Content-Type"] = "text/xml; charset=utf-8"}, args[2])
end

function request()
  return made
end

function response(status, headers, body)
  if status ~= 200 or #body < least or body:sub(-#due) ~= due then
    failures = failures + 1
    failure = status .. " " .. body:sub(-60)
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
    '{"requests":%d,"seconds":%.6f,"failures":%d,"broken":%d,"example":"%s"}\n',
    summary.requests, summary.duration / 1e6, failed, broken, example:gsub("[^%w%-]", " "):sub(1, 80)
  ))
end
