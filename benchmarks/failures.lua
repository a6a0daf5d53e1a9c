-- What wrk's scripts have in common: failures are counted, and written down with one of them when all is done.
-- A script calls `failed(status, said)` for each answer that is not the one that is due.

local threads = {}

-- Globals, because `thread:get` reads no others.
failures = 0
failure = ""

function setup(thread)
  table.insert(threads, thread)
end

function failed(status, said)
  failures = failures + 1
  failure = status .. " " .. said
end

function done(summary, latency, requests)
  local all, example = 0, ""
  for _, thread in ipairs(threads) do
    all = all + thread:get("failures")
    if thread:get("failure") ~= "" then
      example = thread:get("failure")
    end
  end
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"failures":%d,"broken":%d,"p50_milliseconds":%.4f,"p99_milliseconds":%.4f,'
      .. '"example":"%s"}\n',
    summary.requests, summary.duration / 1e6, all, broken, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, example:gsub("[^%w%-]", " "):sub(1, 80)
  ))
end
