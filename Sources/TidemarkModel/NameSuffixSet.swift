public import DNSWire

/// Names of which each stands for itself and everything below it, with a small number for each.
///
/// A trie of labels from the root: looking up a name costs one probe for each label that it shares
/// with the set, whatever the set's size. Most names of the world share one or none.
///
/// ```swift
/// var suffixes = NameSuffixSet()
/// suffixes.insert(try DomainName(text: "example.com"), value: 1)
/// suffixes.value(of: name)  // 1 for example.com and www.example.com, 0 for example.org
/// ```
public struct NameSuffixSet: Sendable {
  /// A label below another one, which is named by its node number; the root is node 0.
  private struct Node {
    var parent: UInt32
    var labelStart: UInt32
    var labelCount: UInt8
    var value: UInt8
  }

  /// Node n is at n - 1.
  private var nodes: [Node] = []
  private var labels: [UInt8] = []
  /// Node numbers by hash, 0 for a free slot; a power of two, at most half full.
  private var slots: [UInt32] = Array(repeating: 0, count: 16)
  private var rootValue: UInt8 = 0

  /// Makes an empty set.
  public init() {}

  /// Makes a set of names that all have the value 1.
  ///
  /// - Parameter texts: presentation text; `example.com`, `.example.com` and `*.example.com` mean
  ///   the same.
  /// - Throws: ``NameError`` for the first text that is not a name.
  public init(_ texts: [String]) throws(NameError) {
    for text in texts { insert(try NameSuffixSet.name(of: text), value: 1) }
  }

  /// Reads a suffix as people write it.
  ///
  /// - Throws: ``NameError``.
  public static func name(of text: String) throws(NameError) -> DomainName {
    var rest = text[...]
    if rest.hasPrefix("*.") { rest = rest.dropFirst(2) }
    if rest.count > 1, rest.hasPrefix(".") { rest = rest.dropFirst() }
    return try DomainName(text: String(rest))
  }

  /// True when the set has no name.
  public var isEmpty: Bool { nodes.isEmpty && rootValue == 0 }

  /// Adds a name; when it is there already, the new value counts.
  ///
  /// - Parameter value: 1 or more.
  public mutating func insert(_ name: DomainName, value: UInt8) {
    precondition(value > 0, "0 stands for no match")
    let wire = name.wire
    var starts = LabelStarts()
    var label = starts.fill(wire.span)
    var node: UInt32 = 0
    while label > 0 {
      label -= 1
      node =
        child(of: node, wire.span, labelAt: starts[label])
        ?? addChild(
          of: node, wire, labelAt: starts[label])
    }
    if node == 0 { rootValue = value } else { nodes[Int(node) - 1].value = value }
  }

  /// The value of the longest name of the set that is the name itself or above it, 0 for none.
  ///
  /// - Parameter name: one complete canonical wire name.
  public func value(of name: Span<UInt8>) -> UInt8 {
    var starts = LabelStarts()
    var label = starts.fill(name)
    var found = rootValue
    var node: UInt32 = 0
    while label > 0 {
      label -= 1
      guard let next = child(of: node, name, labelAt: starts[label]) else { break }
      node = next
      let value = nodes[Int(node) - 1].value
      if value != 0 { found = value }
    }
    return found
  }

  /// The same, with the labels of the name, root not counted.
  public func match(_ name: Span<UInt8>) -> (value: UInt8, labels: Int) {
    // The starts of the last eight labels, the last one lowest. Hardly a name shares more.
    var starts: UInt64 = 0
    var labels = 0
    var at = 0
    while at < name.count, name[at] != 0 {
      starts = starts << 8 | UInt64(truncatingIfNeeded: at & 0xFF)
      labels += 1
      at += 1 + Int(name[at])
    }
    var found = rootValue
    var node: UInt32 = 0
    for shared in 0..<labels {
      if shared == 8 { return (value(of: name), labels) }
      guard let next = child(of: node, name, labelAt: Int(starts & 0xFF)) else { break }
      node = next
      starts >>= 8
      let value = nodes[Int(node) - 1].value
      if value != 0 { found = value }
    }
    return (found, labels)
  }

  /// True when the name or one above it is in the set.
  public func contains(_ name: Span<UInt8>) -> Bool { value(of: name) != 0 }

  @inline(__always)
  private func child(of node: UInt32, _ name: Span<UInt8>, labelAt start: Int) -> UInt32? {
    let count = Int(name[start])
    var slot = NameSuffixSet.hash(node, name, labelAt: start) & (slots.count - 1)
    while slots[slot] != 0 {
      let number = slots[slot]
      let candidate = nodes[Int(number) - 1]
      if candidate.parent == node, Int(candidate.labelCount) == count,
        isLabel(candidate, name, from: start + 1)
      {
        return number
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private func isLabel(_ node: Node, _ name: Span<UInt8>, from start: Int) -> Bool {
    for index in 0..<Int(node.labelCount)
    where labels[Int(node.labelStart) + index] != name[start + index] {
      return false
    }
    return true
  }

  private mutating func addChild(
    of node: UInt32, _ name: [UInt8], labelAt start: Int
  ) -> UInt32 {
    let count = name[start]
    nodes.append(
      Node(parent: node, labelStart: UInt32(labels.count), labelCount: count, value: 0))
    labels += name[(start + 1)..<(start + 1 + Int(count))]
    if nodes.count * 2 > slots.count {
      slots = Array(repeating: 0, count: slots.count * 2)
      for number in 1..<nodes.count { place(UInt32(number)) }
    }
    place(UInt32(nodes.count))
    return UInt32(nodes.count)
  }

  private mutating func place(_ number: UInt32) {
    let node = nodes[Int(number) - 1]
    let start = Int(node.labelStart)
    var label = [node.labelCount]
    label += labels[start..<(start + Int(node.labelCount))]
    var slot = NameSuffixSet.hash(node.parent, label.span, labelAt: 0) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = number
  }

  /// Of the label's ends only. The names in the set are the operator's, so nobody else can make
  /// many of them meet in one slot, and what is looked up walks over at most a few.
  @inline(__always)
  private static func hash(_ node: UInt32, _ name: Span<UInt8>, labelAt start: Int) -> Int {
    let count = Int(name[start])
    var head: UInt64 = 0
    let near = min(count, 8)
    for index in 0..<near { head = head << 8 | UInt64(name[start + 1 + index]) }
    var tail: UInt64 = 0
    if count > 8 {
      for index in max(8, count - 8)..<count { tail = tail << 8 | UInt64(name[start + 1 + index]) }
    }
    let place = UInt64(node) << 32 ^ UInt64(count) ^ 0xE703_7ED1_A0B4_28DB
    let mixed = SeededHash.mix(head ^ 0x9E37_79B9_7F4A_7C15, tail ^ place)
    return Int(truncatingIfNeeded: mixed & 0x7FFF_FFFF)
  }
}
