// The words that reports share with the live view.

import Wording

typealias Quantity = Wording.Quantity
typealias QuantityScale = Wording.QuantityScale
typealias PoolText = Wording.PoolText
package typealias JSONValue = Wording.JSONValue
typealias LastSampleText = Wording.LastSampleText
/// How emphasis is written.
public typealias Ink = Wording.Ink
