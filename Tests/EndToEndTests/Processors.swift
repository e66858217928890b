// Which processors the tests may use.

import Foundation
import Glibc

enum Processors {
    /// The number of one of them, as `taskset` takes it.
    static let first: String = {
        let status = FileManager.default.contents(atPath: "/proc/self/status") ?? Data()
        let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
        let list = lines.first { $0.hasPrefix("Cpus_allowed_list:") }?.split(separator: "\t").last ?? "0"
        return String(list.prefix { $0.isNumber })
    }()
}
