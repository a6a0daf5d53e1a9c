-- wrk's script: one SOAP call again and again, and every answer held against what is due.
-- Arguments: the path; the envelope; the end of the body that is due; the least octets it has.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "failures.lua")

local due, least

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
    failed(status, body:sub(-60))
  end
end
