-- The requests of one measurement, for wrk:
--
--     wrk … -s requests.lua URL -- METHOD PATHS [TOKEN [BODY]]
--
-- PATHS is a file with one path a line, taken in turn. In a BODY, %n becomes a number that no other request of the
-- machine has. The results go to standard output as one line of JSON, behind the word RESULT.

local threads = {}

function setup(thread)
   thread:set("number", #threads)
   table.insert(threads, thread)
end

function init(arguments)
   local method, file, token, body = arguments[1], arguments[2], arguments[3], arguments[4]
   local headers = {}
   if token and token ~= "" then headers["Authorization"] = "Bearer " .. token end
   if body then headers["Content-Type"] = "application/json" end
   math.randomseed(os.time() + number * 7919)
   local run = math.random(0, 2147483647)
   local paths = {}
   for path in io.lines(file) do table.insert(paths, path) end
   local sent = 0
   if body then
      request = function()
         sent = sent + 1
         local unique = string.format("%d%d%08d", number, run, sent)
         return wrk.format(method, paths[sent % #paths + 1], headers, (body:gsub("%%n", unique)))
      end
   else
      local requests = {}
      for index, path in ipairs(paths) do requests[index] = wrk.format(method, path, headers) end
      request = function()
         sent = sent + 1
         return requests[sent % #requests + 1]
      end
   end
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      'RESULT {"requests": %d, "seconds": %f, "refused": %d, "broken": %d, "p50_us": %f, "p99_us": %f}\n',
      summary.requests, summary.duration / 1e6, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout,
      latency:percentile(50), latency:percentile(99)))
end
