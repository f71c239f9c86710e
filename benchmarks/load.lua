-- Sends requests of random callers. The file named after `--` contains the whole requests, a zero
-- byte after each. Python reads the last line of the output.
local requests = {}

function init(arguments)
    for request in io.open(arguments[1], "rb"):read("*a"):gmatch("%Z+") do
        requests[#requests + 1] = request
    end
end

function request()
    return requests[math.random(#requests)]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests": %d, "microseconds": %d, "failed": %d, "p50": %d, "p99": %d}\n',
        summary.requests, summary.duration,
        errors.status + errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50), latency:percentile(99)
    ))
end
