import TidemarkAccess
import Testing

/// Tokens in plain text and what is kept of them.
struct TokenTests {
  @Test func tokensHaveTheirShapeAndAreAllDifferent() {
    let tokens = (0..<1_000).map { _ in TokenSecret().text }
    #expect(Set(tokens).count == tokens.count)
    let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    for token in tokens {
      #expect(TokenSecret.hasShape(token))
      #expect(token.hasPrefix("tdm_") && token.utf8.count == 47)
      #expect(token.dropFirst(4).allSatisfy { alphabet.contains($0) })
    }
    // Every one of the 258 bits that the characters hold is sometimes set, but for the last two,
    // which 256 bits do not reach.
    let last = Set(tokens.compactMap(\.last))
    #expect(last.isSubset(of: Set("AEIMQUYcgkosw048")) && last.count > 8)
    for position in 4..<46 {
      #expect(Set(tokens.map { Array($0)[position] }).count > 32)
    }
  }

  @Test(arguments: [
    "", "tdm_", "tdm_abc", String(repeating: "a", count: 47),
    "tdm_" + String(repeating: "a", count: 44), "TDM_" + String(repeating: "a", count: 43),
  ])
  func otherShapesAreKnownWithoutHashing(_ text: String) {
    #expect(!TokenSecret.hasShape(text))
  }

  @Test("the digest is SHA-256 (FIPS 180-4, appendix B.1)")
  func digestIsSHA256() {
    let hex = TokenDigest(of: "abc").octets.map {
      String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
    }
    #expect(
      hex.joined() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func digestsSurviveTheirOctets() throws {
    let digest = TokenSecret().digest
    #expect(try #require(TokenDigest(octets: digest.octets)) == digest)
    #expect(TokenDigest(octets: Array(digest.octets.dropLast())) == nil)
    #expect(TokenDigest(octets: digest.octets + [0]) == nil)
  }

  @Test func everyBitOfADigestCounts() throws {
    let octets = TokenDigest(of: "example").octets
    let digest = try #require(TokenDigest(octets: octets))
    for bit in 0..<256 {
      var other = octets
      other[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(try #require(TokenDigest(octets: other)) != digest)
    }
  }
}
