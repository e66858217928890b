// What a rule is: one question to one report.

/// A rule asks one question. It is pure: what it says follows from the examination.
protocol Rule {
    static var kind: FindingKind { get }

    static func findings(in examination: Examination) -> [Finding]

    /// What it would take to answer, where there is too little; `nil`: there is enough.
    static func lacks(in examination: Examination) -> String?
}

extension Rule {
    static func lacks(in examination: Examination) -> String? { nil }
}
