import TidemarkModel
import TidemarkStore

/// Records read together, with their places in the order of rows.
struct RowPage {
  /// A page is full with the row with which it reaches this size.
  private static let octetsMax = 1 << 20

  /// Keys of the searched family, or names followed by the end of a record key: the order of rows.
  private(set) var orderKeys = OctetStrings()
  /// Record keys; empty when the order keys are record keys.
  private var recordKeys = OctetStrings()
  private var values = OctetStrings()

  /// Rows in the page.
  var count: Int { values.count }
  /// True when nothing should be added.
  var isFull: Bool {
    orderKeys.octets.count + recordKeys.octets.count + values.octets.count >= RowPage.octetsMax
  }

  /// Empties the page and keeps its memory.
  mutating func removeAll() {
    orderKeys.removeAll()
    recordKeys.removeAll()
    values.removeAll()
  }

  /// Adds a record whose key is its place.
  mutating func append(record key: Span<UInt8>, value: Span<UInt8>) {
    orderKeys.append(key)
    values.append(value)
  }

  /// Adds a record behind a key of another family.
  mutating func append(order: Span<UInt8>, record key: Span<UInt8>, value: Span<UInt8>) {
    orderKeys.append(order)
    recordKeys.append(key)
    values.append(value)
  }

  /// Adds a record in the order of names.
  ///
  /// - Parameter nameEnd: offset behind the name in the record key.
  mutating func append(
    name: [UInt8], record key: Span<UInt8>, nameEnd: Int, value: Span<UInt8>
  ) {
    orderKeys.append { out in
      out.append(contentsOf: name)
      out.append(span: key.extracting(nameEnd..<key.count))
    }
    recordKeys.append(key)
    values.append(value)
  }

  /// Calls `body` with a row and its order key, dataset included.
  @inline(__always)
  func withRow<R>(
    _ index: Int,
    _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>, _ orderKey: Span<UInt8>) -> R
  ) -> R {
    orderKeys.withSpan(index) { orderKey in
      values.withSpan(index) { value in
        if recordKeys.isEmpty { return body(orderKey, value, orderKey) }
        return recordKeys.withSpan(index) { body($0, value, orderKey) }
      }
    }
  }
}
