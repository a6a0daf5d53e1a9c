-- wrk's script: one page again and again, and every answer held against what is due.
-- Arguments: the path; the end of the body that is due; the least octets it has. The token comes as a header of wrk's.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "failures.lua")

local due, least

function init(args)
  due, least = args[2], tonumber(args[3])
  wrk.path = args[1]
  made = wrk.format("GET", args[1])
end

function request()
  return made
end

function response(status, headers, body)
  if status ~= 200 or #body < least or body:sub(-#due) ~= due then
    failed(status, body:sub(-60))
  end
end
