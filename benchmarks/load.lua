-- wrk's script: an address of its own for each request, and every answer held against the one that is due.
-- Arguments: the path up to the address; the body that is due; the beginning of addresses never used before, or "" for
-- addresses that exist; the number before the first of these; how many of them there are.

local threads = {}
local head, tail, due, tag, before, existing
local made = 0

-- Globals, because `thread:get` reads no others.
failures = 0
failure = ""

function setup(thread)
  table.insert(threads, thread)
end

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
