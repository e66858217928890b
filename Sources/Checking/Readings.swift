// What a recording says on a measure: one reading for each executor, request or pool.

import Analysis
import Wording

/// A figure of one executor, request or pool.
struct Reading {
    var name: String
    var value: Double
    /// How many values it is of.
    var samples: UInt64
    /// What is to be known of it; empty: nothing.
    var remark = ""
}

extension ReportModel {
    /// Of `measure`, by name. With `name`, also of what is asked for by its name only: parts of requests, and calls.
    func readings(of measure: Measure, named name: String?) -> [Reading] {
        switch measure {
        case .maxWaitP99:
            executors.map { Reading(name: $0.name, value: $0.waitSeconds.p99, samples: $0.waitHistogram.count) }
        case .maxPollP99:
            executors.map { Reading(name: $0.name, value: $0.pollSeconds.p99, samples: $0.pollHistogram.count) }
        case .maxPoll: longestPolls
        case .minPolls: executors.map { Reading(name: $0.name, value: Double($0.polls), samples: $0.polls) }
        case .maxRequestP99:
            requests(named: name).map { Reading(name: $0.name, value: $0.durationSeconds.p99, samples: $0.count) }
        case .maxErrors:
            requests(named: name).map {
                Reading(name: $0.name, value: $0.failureShare, samples: $0.count, remark: $0.failureWords)
            }
        case .minRequests:
            requests(named: name).map { Reading(name: $0.name, value: Double($0.count), samples: $0.count) }
        case .maxPoolWaitP99: pools.map(\.waitReading)
        case .maxLost, .minCoverage, .minSamples: []
        }
    }

    private func requests(named name: String?) -> [RequestReport] {
        requests.endpoints + (name == nil ? [] : requests.parts + requests.calls)
    }

    /// A poll that has not ended is as long as it is so far: one that never ends is in no other figure.
    private var longestPolls: [Reading] {
        var readings = executors.map {
            Reading(name: $0.name, value: $0.pollSeconds.max, samples: $0.pollHistogram.count)
        }
        for poll in unfinished {
            guard let index = readings.firstIndex(where: { $0.name == poll.executor }) else {
                readings.append(
                    Reading(name: poll.executor, value: poll.durationSeconds, samples: 1, remark: "not ended"))
                continue
            }
            readings[index].samples += 1
            if poll.durationSeconds > readings[index].value {
                readings[index].value = poll.durationSeconds
                readings[index].remark = "not ended"
            }
        }
        return readings
    }

    /// All that was written and not read, or not written.
    var recordsLost: UInt64 {
        [
            losses.recordsLost, losses.pollsUnrecorded, losses.evidenceLost, losses.samplesLost, requests.recordsLost,
            requests.recordsUnrecorded,
        ].reduce(0) { $0.addingReportingOverflow($1).overflow ? .max : $0 + $1 }
    }

    var requestCount: UInt64 { requests.endpoints.reduce(0) { $0 &+ $1.count } }
}

extension RequestReport {
    var failures: UInt64 { errors &+ timedOut }
    var failureShare: Double { count > 0 ? Double(failures) / Double(count) : 0 }

    fileprivate var failureWords: String {
        "\(Quantity.count(failures)) of \(Quantity.counted(count, "request"))"
    }
}

extension PoolReport {
    /// Who gave up had waited, too: where more than one in a hundred did, the P99 is at least theirs.
    fileprivate var waitReading: Reading {
        let all = acquired &+ failed
        let isTold = Double(failed) > 0.01 * Double(all) && failedWaitSeconds.p99 > waitSeconds.p99
        return Reading(
            name: name, value: isTold ? failedWaitSeconds.p99 : waitSeconds.p99, samples: all,
            remark: failed > 0 ? "\(Quantity.count(failed)) of \(Quantity.counted(all, "ask")) failed" : "")
    }
}
