/// The elements of a JSON array, each readable or not: one that is not what it should be does not
/// spoil the others.
struct RowList<Element: Decodable>: Decodable {
  /// nil stands for an element that cannot be read.
  let elements: [Element?]

  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    var elements: [Element?] = []
    // One more than is taken, so that too many are noticed.
    while !list.isAtEnd, elements.count <= LibraryImport.rowsMax {
      // The wrapper never throws, so the list always moves on.
      elements.append(try list.decode(Attempt.self).element)
    }
    self.elements = elements
  }

  private struct Attempt: Decodable {
    let element: Element?

    init(from decoder: any Decoder) throws { element = try? Element(from: decoder) }
  }
}

/// Text, also where a file has a number.
struct LooseText: Decodable {
  let text: String

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let text = try? value.decode(String.self) {
      self.text = text
    } else {
      text = String(try value.decode(Int64.self))
    }
  }
}
