// Where code is, on a page.

import Analysis

extension Page {
    /// A place on a line of its own, the file to the right; on two lines if one is too short for the whole name.
    mutating func place(_ place: CodePlace, mark: (String) -> String = { $0 }) {
        // On a wide page the file stays near the name, so that the eye finds it.
        let room = min(width, Page.readable) - 2
        let name = place.text(width: room)
        let location = place.location(width: min(40, room / 2))
        if location.isEmpty || name.count + 2 + location.count <= room {
            line(
                "  " + mark(name) + String(repeating: " ", count: max(0, room - name.count - location.count)) + location
            )
        } else {
            line("  " + mark(name))
            line("      " + location)
        }
    }
}
