// Which locks do threads stand in line for?

import Analysis
import Wording

enum LockContentionRule: Rule {
    static let kind = FindingKind.lockContention

    static func findings(in examination: Examination) -> [Finding] {
        BlockingCode.all(in: examination) { $0.isLock }.compactMap { $0.finding(kind, examination) }
    }
}
