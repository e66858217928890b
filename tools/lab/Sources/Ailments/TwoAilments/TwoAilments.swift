// Two ailments in one service: risk reports that compute, and orders from a database whose client blocks.

extension Ailment {
    static let twoAilments = Ailment("two-ailments", "cpu-loop and sync-database in one service") {
        let paths = await Calibration.units(in: .milliseconds(1)) { RiskModel.trial(paths: $0) }
        let model = RiskModel(paths: paths)
        let table = OrderTable(port: try Database(delay: 0.025).port)
        return PriceBoard().endpoints() + [
            Endpoint("POST /risk", perSecond: 8) {
                _ = try await model.report(on: (0..<40).map(Holding.init(number:)))
            },
            Endpoint("GET /order/{id}", perSecond: 12) {
                try await Task.sleep(for: .milliseconds(2))
                _ = try table.order(17)
            },
        ]
    }
}
