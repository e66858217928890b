// Numbers the awaits of one async function, and of those inlined into it, as they stand in the source.
//
// The compiler numbers resume functions as it makes them: it counts both halves of one await (the callee returned,
// the hop back), the hop at a function's entry, and the awaits of whatever was inlined, so that its numbers differ
// between builds. Places in the source do not: the awaits of a declaration, in the order of their places, are 1, 2, 3…

struct AwaitNumbers: Equatable {
    struct Place: Hashable, Comparable {
        var line: Int
        /// 0: unknown, as in a function's prologue.
        var column: Int

        init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }

        init?(_ position: DebugInfo.Position) {
            guard let line = position.line else { return nil }
            self.init(line: line, column: position.column ?? 0)
        }

        static func < (left: Place, right: Place) -> Bool {
            (left.line, left.column) < (right.line, right.column)
        }
    }

    /// Where one declaration stands at a suspension.
    struct Frame: Hashable {
        /// `ReadableName.declaration`
        var declaration: String
        /// `nil` where the compiler says none.
        var place: Place?
        var kind = Kind.await
        /// Where it goes on, which is often the line of the await.
        var next: Place?

        enum Kind {
            case await
            /// A hop of the function as a whole, such as the one at its entry.
            case declaration
            /// A hop on the line of the declaration, which in a function of one line can be either.
            case declarationOrAwait
        }
    }

    struct Point: Equatable {
        var address: UInt64
        /// The compiler's.
        var number: Int
        /// Whether it resumes after a hop, else after a call.
        var isHop: Bool
        /// The part of the function that makes this point's address; `nil` if none was found.
        var maker: UInt64?
        /// Innermost first, one a declaration.
        var frames: [Frame]
    }

    private let places: [String: [Place]]
    private let known: [UInt64: [String: Int]]

    /// `inlined`: more awaits by declaration, of callees that no longer suspend.
    init(points: [Point], inlined: [String: Set<Place>]) {
        var points = points.sorted { $0.number < $1.number }
        Self.tellDeclarations(&points)
        Self.takePlacesOfHopsBack(&points)
        var found = inlined
        for frame in points.lazy.flatMap(\.frames) {
            if let place = frame.place { found[frame.declaration, default: []].insert(place) }
        }
        let places = found.mapValues { Self.distinct($0) }
        var known: [UInt64: [String: Int]] = [:]
        let addresses = Set(points.map(\.address))
        var latest: [String: Int] = [:]
        for point in points {
            var numbers: [String: Int] = [:]
            for frame in point.frames {
                if let place = frame.place {
                    numbers[frame.declaration] = Self.number(of: place, in: places[frame.declaration] ?? [])
                } else if frame.kind == .declaration, point.maker.map({ !addresses.contains($0) }) ?? true {
                    numbers[frame.declaration] = 0
                } else {
                    // The await that the function was at before: an implicit one follows it, or its other half.
                    numbers[frame.declaration] =
                        point.maker.flatMap { known[$0]?[frame.declaration] } ?? latest[frame.declaration]
                        ?? (frame.kind == .declaration ? 0 : nil)
                }
            }
            if point.frames.isEmpty { numbers = point.maker.flatMap { known[$0] } ?? latest }
            known[point.address] = numbers
            latest.merge(numbers) { $1 }
        }
        self.places = places
        self.known = known
    }

    /// The await points by declaration at a resume function.
    func numbers(at address: UInt64) -> [String: Int] { known[address] ?? [:] }

    func number(of declaration: String, at position: DebugInfo.Position) -> Int? {
        guard let places = places[declaration], let place = Place(position) else { return nil }
        return Self.number(of: place, in: places)
    }

    /// Whether any await of the declaration has a place, so that its numbers are the source's.
    func knows(_ declaration: String) -> Bool { places[declaration] != nil }

    /// A hop on the line of the declaration is the declaration's if awaits follow, and none is at its own place.
    private static func tellDeclarations(_ points: inout [Point]) {
        var lastPlaces: [String: Place] = [:]
        var hops: [Frame: Int] = [:]
        var calls: Set<Frame> = []
        for point in points {
            for frame in point.frames {
                guard let place = frame.place else { continue }
                lastPlaces[frame.declaration] = max(lastPlaces[frame.declaration] ?? place, place)
                let key = Frame(declaration: frame.declaration, place: place)
                if point.isHop { hops[key, default: 0] += 1 } else { calls.insert(key) }
            }
        }
        for index in points.indices where points[index].isHop {
            for (number, frame) in points[index].frames.enumerated() {
                guard let place = frame.place, frame.kind != .await else { continue }
                let key = Frame(declaration: frame.declaration, place: place)
                let last = lastPlaces[frame.declaration] ?? place
                // On the same line the other end of an await, the hop back, tells it from the declaration's hop.
                let isFollowed = place.line < last.line || place < last && hops[key] == 1
                if frame.kind == .declaration || isFollowed && !calls.contains(key) {
                    points[index].frames[number].kind = .declaration
                    points[index].frames[number].place = nil
                }
            }
        }
    }

    /// A `for await` calls the iterator at no line, but hops back from it at the loop's.
    private static func takePlacesOfHopsBack(_ points: inout [Point]) {
        var places: [UInt64: [String: Place]] = [:]
        for point in points where point.isHop {
            guard let maker = point.maker else { continue }
            for frame in point.frames {
                if let place = frame.place, places[maker]?[frame.declaration] == nil {
                    places[maker, default: [:]][frame.declaration] = place
                }
            }
        }
        for index in points.indices where !points[index].isHop {
            let back = places[points[index].address] ?? [:]
            for frame in points[index].frames.indices where points[index].frames[frame].place == nil {
                let declaration = points[index].frames[frame].declaration
                points[index].frames[frame].place = back[declaration] ?? points[index].frames[frame].next
            }
        }
    }

    /// In order; a place without a column is the line's first await, if the line has one.
    private static func distinct(_ places: Set<Place>) -> [Place] {
        let lines = Set(places.lazy.filter { $0.column != 0 }.map(\.line))
        return places.filter { $0.column != 0 || !lines.contains($0.line) }.sorted()
    }

    private static func number(of place: Place, in places: [Place]) -> Int? {
        let index = places.firstIndex(of: place) ?? places.firstIndex { $0.line == place.line }
        return index.map { $0 + 1 }
    }
}
