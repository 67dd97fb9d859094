import CUnbound
import DNSWire
import Glibc
import Synchronization

/// libunbound, asked from any thread. Answers come on a thread of its own.
///
/// It neither validates nor trusts: what it says is one more observation.
final class UnboundContext: Sendable {
  /// Where questions go.
  enum Upstream: Sendable, Equatable {
    /// To these resolvers, in libunbound's form: `192.0.2.53` or `192.0.2.53@5353`.
    case forward([String])
    /// To the name servers of the world, from the root down.
    case recurse
  }

  /// Called once, with the answer as a DNS message, or nil when there is none.
  typealias Completion = @Sendable ([UInt8]?) -> Void

  /// A question that waits for its answer. libunbound holds a reference until it calls back.
  private final class Question: Sendable {
    let context: UnboundContext
    let completion: Completion
    let deadline: ContinuousClock.Instant

    init(_ context: UnboundContext, deadline: ContinuousClock.Instant, _ done: @escaping Completion)
    {
      self.context = context
      self.deadline = deadline
      completion = done
    }
  }

  @safe private struct Handle: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  private struct State {
    var waiting: [CInt: Question] = [:]
    var isStopped = false
  }

  /// How long a question may take before it is given up, seconds.
  static let questionSeconds = 10.0

  private let handle: Handle
  private let state = Mutex(State())

  /// Makes a context and starts its thread.
  init(_ upstream: Upstream) throws(ActiveResolverError) {
    guard let pointer = unsafe ub_ctx_create() else { throw .library("no memory for a context") }
    handle = unsafe Handle(pointer: pointer)
    do throws(ActiveResolverError) {
      try configure(upstream)
    } catch {
      unsafe ub_ctx_delete(pointer)
      throw error
    }
    guard startThread() else {
      unsafe ub_ctx_delete(pointer)
      throw .library("no thread could be started")
    }
  }

  /// Asks. A question that cannot be asked is answered by nil at once.
  func ask(_ question: ActiveQuestion, _ completion: @escaping Completion) {
    let waiting = Question(
      self, deadline: .now + .seconds(UnboundContext.questionSeconds), completion)
    let isAsked = state.withLock { state in
      guard !state.isStopped else { return false }
      let reference = unsafe Unmanaged.passRetained(waiting)
      var number: CInt = 0
      // The answer can come before this call returns; the callback then waits for the lock.
      let status = unsafe ub_resolve_async(
        handle.pointer, question.name.text(finalDot: true), CInt(question.rrtype.rawValue), 1,
        reference.toOpaque(), UnboundContext.callback, &number)
      guard status == 0 else {
        unsafe reference.release()
        // A context that could not be set up must not be touched again: the library crashes.
        if status == UB_INITFAIL.rawValue { state.isStopped = true }
        return false
      }
      state.waiting[number] = waiting
      return true
    }
    if !isAsked { completion(nil) }
  }

  /// Ends the thread; questions under way are answered by nil.
  func stop() {
    state.withLock { $0.isStopped = true }
  }

  private static let callback:
    @convention(c) (
      UnsafeMutableRawPointer?, CInt, UnsafeMutablePointer<ub_result>?
    ) -> Void = { data, status, result in
      guard let data = unsafe data else { return }
      let question = unsafe Unmanaged<Question>.fromOpaque(data).takeRetainedValue()
      question.context.forget(question)
      var octets: [UInt8]?
      if status == 0, let result = unsafe result, let packet = unsafe result.pointee.answer_packet {
        let count = Int(unsafe result.pointee.answer_len)
        octets = unsafe Array(UnsafeRawBufferPointer(start: packet, count: max(count, 0)))
      }
      unsafe ub_resolve_free(result)
      question.completion(octets)
    }

  private func forget(_ question: Question) {
    state.withLock { state in
      if let number = state.waiting.first(where: { $0.value === question })?.key {
        state.waiting[number] = nil
      }
    }
  }

  private func configure(_ upstream: Upstream) throws(ActiveResolverError) {
    // One retry at most, and no validation: its work is what attackers of resolvers aim at.
    var options = [
      ("module-config:", "iterator"), ("outbound-msg-retry:", "1"), ("msg-cache-size:", "4m"),
      ("rrset-cache-size:", "4m"), ("edns-buffer-size:", "1232"), ("minimal-responses:", "yes"),
      ("do-not-query-localhost:", "no"),
    ]
    if upstream == .recurse {
      options[6] = ("do-not-query-localhost:", "yes")
      options.append(("use-caps-for-id:", "yes"))
    }
    for (name, value) in options {
      try check(unsafe ub_ctx_set_option(handle.pointer, name, value), name + " " + value)
    }
    if case .forward(let servers) = upstream {
      for server in servers {
        try check(unsafe ub_ctx_set_fwd(handle.pointer, server), "forward to " + server)
      }
    }
    try check(unsafe ub_ctx_async(handle.pointer, 1), "threads")
  }

  private func check(_ status: CInt, _ what: String) throws(ActiveResolverError) {
    guard status == 0 else {
      throw .library("\(what): " + (unsafe String(cString: ub_strerror(status))))
    }
  }

  private func startThread() -> Bool {
    var thread = pthread_t()
    let reference = unsafe Unmanaged.passRetained(self)
    let status = unsafe pthread_create(
      &thread, nil,
      { data in
        guard let data = unsafe data else { return nil }
        unsafe Unmanaged<UnboundContext>.fromOpaque(data).takeRetainedValue().run()
        return nil
      }, reference.toOpaque())
    guard status == 0 else {
      unsafe reference.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  /// Takes answers until ``stop()``; gives up what takes too long.
  private func run() {
    let wakeMilliseconds: CInt = 250
    while true {
      var descriptor = pollfd(fd: unsafe ub_fd(handle.pointer), events: Int16(POLLIN), revents: 0)
      if unsafe poll(&descriptor, 1, wakeMilliseconds) > 0 { unsafe ub_process(handle.pointer) }
      let isStopped = state.withLock { $0.isStopped }
      giveUp { isStopped || $0.deadline <= .now }
      if isStopped { break }
    }
    unsafe ub_ctx_delete(handle.pointer)
  }

  /// Only this thread takes answers, so that nothing is both answered and given up.
  private func giveUp(_ isHopeless: (Question) -> Bool) {
    let hopeless = state.withLock { state in
      let found = state.waiting.filter { isHopeless($0.value) }
      for number in found.keys { state.waiting[number] = nil }
      return found
    }
    for (number, question) in hopeless {
      unsafe ub_cancel(handle.pointer, number)
      unsafe Unmanaged.passUnretained(question).release()
      question.completion(nil)
    }
  }
}
