// What time it is for people: ticks of a session as wall-clock time and as lengths.

import Sessions

/// A session's ticks, a length of time in seconds, and the time of day, against each other.
public struct WatchClock: Sendable {
    public var calibration: Calibration
    /// A moment on the session's clock, and CLOCK_REALTIME then.
    public var anchor: Ticks
    public var anchorWallNanoseconds: Int64
    /// How far the place's time of day is ahead of UTC.
    public var utcOffsetSeconds: Int

    public init(calibration: Calibration, anchor: Ticks, anchorWallNanoseconds: Int64, utcOffsetSeconds: Int = 0) {
        self.calibration = calibration
        self.anchor = anchor
        self.anchorWallNanoseconds = anchorWallNanoseconds
        self.utcOffsetSeconds = utcOffsetSeconds
    }

    public func seconds(_ ticks: UInt64) -> Double { calibration.seconds(ticks) }

    public func ticks(_ seconds: Double) -> UInt64 {
        let ticks = seconds / calibration.secondsPerTick
        return ticks < 0x1p63 ? UInt64(max(0, ticks)) : .max
    }

    /// Nanoseconds since 1970.
    public func wallNanoseconds(at time: Ticks) -> Int64 {
        let ahead = time > anchor
        let distance = seconds(ahead ? time.rawValue - anchor.rawValue : anchor.rawValue - time.rawValue) * 1e9
        // A damaged file can hold any time at all.
        guard distance < 1e17 else { return anchorWallNanoseconds }
        return ahead ? anchorWallNanoseconds + Int64(distance) : anchorWallNanoseconds - Int64(distance)
    }

    /// `14:02:31.120`, where the reader is.
    func timeOfDay(at time: Ticks) -> String {
        Self.timeOfDay(milliseconds: wallNanoseconds(at: time) / 1_000_000 + Int64(utcOffsetSeconds) * 1000)
    }

    private static func timeOfDay(milliseconds: Int64) -> String {
        let day: Int64 = 86_400_000
        let time = (milliseconds % day + day) % day
        return padded(time / 3_600_000, 2) + ":" + padded(time / 60_000 % 60, 2) + ":" + padded(time / 1000 % 60, 2)
            + "."
            + padded(time % 1000, 3)
    }

    /// `2026-11-28T14:02:31.120Z`.
    func timestamp(at time: Ticks) -> String {
        let milliseconds = wallNanoseconds(at: time) / 1_000_000
        let days = Int((Double(milliseconds) / 86_400_000).rounded(.down))
        let (year, month, day) = Self.date(daysSince1970: days)
        return "\(Self.padded(Int64(year), 4))-\(Self.padded(Int64(month), 2))-\(Self.padded(Int64(day), 2))T"
            + Self.timeOfDay(milliseconds: milliseconds) + "Z"
    }

    /// The Gregorian calendar, counted in years that begin in March, so that the leap day is a year's last.
    private static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1
        )
    }

    private static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
