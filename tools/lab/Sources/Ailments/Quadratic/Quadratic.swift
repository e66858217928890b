// Imports of address books, whose duplicates are looked for in an array: fine when there were few.

import Synchronization

extension Ailment {
    static let quadratic = Ailment("quadratic", "imports look for duplicates in an array that grows") {
        let comparisons = await Calibration.units(in: .milliseconds(25)) { comparisons in
            AddressBook().merging(Contact.made(count: Int(Double(2 * comparisons).squareRoot()))[...]).count
        }
        let first = Int(Double(2 * comparisons).squareRoot())
        let contacts = Contact.made(count: first * 2)
        let imports = Mutex(0)
        return PriceBoard().endpoints() + [
            Endpoint("POST /contacts", perSecond: 10) {
                // Customers have more contacts from day to day.
                let number = imports.withLock { count in
                    count += 1
                    return count
                }
                try await Task.sleep(for: .milliseconds(2))
                _ = AddressBook().merging(contacts.prefix(first + number * first / 200))
            }
        ]
    }
}

struct Contact: Sendable {
    var name: String
    var address: String

    /// Contacts as a customer uploads them, none of them twice.
    static func made(count: Int) -> [Contact] {
        (0..<count).map { Contact(name: "Contact \($0)", address: "contact.number.\($0)@example.com") }
    }
}

struct AddressBook: Sendable {
    // planted: begin
    /// The contacts with those left out that have the same address as one before.
    @inline(never)
    func merging(_ contacts: ArraySlice<Contact>) -> [Contact] {
        var merged: [Contact] = []
        for contact in contacts {
            if !merged.contains(where: { $0.address == contact.address }) {
                merged.append(contact)
            }
        }
        return merged
    }
    // planted: end
}
