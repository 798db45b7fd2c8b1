-- wrk's script. Arguments: method, path, body, token, how long each connection waits between requests (ms), how many
-- names there are. "{n}" in path and body becomes one of 1 to names after the other, "{key}" a new key each time.
local count, step = 0, 7919

function init(args)
  method, path, body, token = args[1], args[2], args[3], args[4]
  local wait_ms, names = tonumber(args[5]), tonumber(args[6])
  prefix = string.format("%d-%d", os.time(), math.random(1e9))
  header = {["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json"}
  modulo = names
  if wait_ms > 0 then
    delay = function() return wait_ms end
  end
end

function request()
  count = count + 1
  local n, key = tostring(count * step % modulo + 1), prefix .. "-" .. count
  header["Idempotency-Key"] = method ~= "GET" and key or nil
  local said = body ~= "" and body:gsub("{n}", n) or nil
  return wrk.format(method, (path:gsub("{n}", n)), header, said)
end

function done(summary, latency, requests)
  local wrong = summary.errors
  io.write(string.format('{"requests":%d,"duration_s":%f,"p50_ms":%f,"p99_ms":%f,"most_ms":%f,"wrong":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, wrong.status + wrong.connect + wrong.read + wrong.write + wrong.timeout))
end
