// The far end of a client's connection, for tests of code that calls: answers by script, faults on
// demand, on virtual time, without network and threads.
//
//     mock_connection far_end;
//     far_end.expect(hello, {"ada"}).answer({"hello, ada"});
//     auto const client = far_end.connect();  // a real rpc_client
//     ...                                     // what is tested uses it
//     EXPECT_EQ(far_end.complaints(), "");
#pragma once

#include <trunkline/memory/hub.hpp>
#include <trunkline/mock/expected.hpp>
#include <trunkline/peer/handler.hpp>
#include <trunkline/peer/peer.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/typed/method.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace trunkline {

/// Clients of it are real ones: what they send is encoded, framed and read by a real server in
/// memory, only its answers come from the script. Everything happens on the loop of the mock, which
/// somebody has to run: a blocking call or connect on the thread of the test does it until it has
/// ended, else loop() does. Used by one thread; calls of its clients from any. Destroyed after its
/// clients.
class mock_connection {
public:
    mock_connection();
    ~mock_connection();
    mock_connection(mock_connection const&) = delete;
    mock_connection& operator=(mock_connection const&) = delete;

    // The script. Calls are served by the first line that fits and is not used up.
    // --------------------------------------------------------------------------------------------

    /// A call with this request.
    template <class Request, class Response, class Answer>
    expected_call<Request, Answer> expect(typed::method<Request, Response, Answer> const& of,
                                          std::type_identity_t<Request> request) {
        auto wanted = mocks::shown(request);
        auto fits = mocks::equal_to(bitcode::encode(std::move(request)).to_vector());
        return expected_call<Request, Answer>(
            note<Request>(of.id, of.name, std::move(wanted), std::move(fits)));
    }

    /// A call whose request fits the function.
    template <class Request, class Response, class Answer, std::predicate<Request const&> Function>
    expected_call<Request, Answer> expect(typed::method<Request, Response, Answer> const& of,
                                          Function fits) {
        return expected_call<Request, Answer>(
            note<Request>(of.id, of.name, "that fits", mocks::fitting<Request>(std::move(fits))));
    }

    /// Any call of the method.
    template <class Request, class Response, class Answer>
    expected_call<Request, Answer> expect(typed::method<Request, Response, Answer> const& of) {
        return expected_call<Request, Answer>(note<Request>(of.id, of.name, "of any kind", {}));
    }

    /// The same for events.
    template <class Message>
    expected_event expect(typed::event<Message> const& of, std::type_identity_t<Message> message) {
        auto wanted = mocks::shown(message);
        auto fits = mocks::equal_to(bitcode::encode(std::move(message)).to_vector());
        return expected_event(note<Message>(of.id, of.name, std::move(wanted), std::move(fits)));
    }
    /// The same for an event that the client is to send.
    template <class Message>
    expected_event expect(typed::event<Message> const& of) {
        return expected_event(note<Message>(of.id, of.name, "of any kind", {}));
    }

    /// The same for methods that answer in parts. Those that are called in parts have handle().
    template <class Request, class Part>
    expected_stream<Part> expect(typed::server_stream<Request, Part> const& of,
                                 std::type_identity_t<Request> request) {
        serve_parts(of);
        auto wanted = mocks::shown(request);
        auto fits = mocks::equal_to(bitcode::encode(std::move(request)).to_vector());
        return expected_stream<Part>(
            note<Request>(of.id, of.name, std::move(wanted), std::move(fits)));
    }
    /// Any call of the method.
    template <class Request, class Part>
    expected_stream<Part> expect(typed::server_stream<Request, Part> const& of) {
        serve_parts(of);
        return expected_stream<Part>(note<Request>(of.id, of.name, "of any kind", {}));
    }

    /// A method with a handler in place of a script (handler.hpp); false when it has one already.
    template <class Method, class Handler>
    bool handle(Method const& of, Handler handler) {
        return add_handler(methods(), of, std::move(handler));
    }

    // Clients
    // --------------------------------------------------------------------------------------------

    /// A client that is connected. Throws boost::system::system_error when it cannot be, as while
    /// not reachable or inside of the loop's work.
    [[nodiscard]] rpc_client connect();

    /// A builder of such clients, for handlers, timeouts and states.
    [[nodiscard]] rpc_client::builder client();

    /// For code that makes its own clients: builder(url()).over(names()).run_on(loop()).
    [[nodiscard]] std::string const& url() const noexcept;
    /// Where its "memory:" name is looked up.
    [[nodiscard]] memory::hub& names() noexcept;
    /// The loop of its own, with the virtual time.
    [[nodiscard]] transport::simulated_runtime& loop() noexcept;

    /// The clients as a server sees them: to call them and to send them events.
    [[nodiscard]] std::vector<peer> peers() const;

    // Faults
    // --------------------------------------------------------------------------------------------

    /// Breaks all connections: what is on its way is lost. Clients notice when the loop runs.
    void cut();

    /// While stalled no byte is taken from any client, or given to one.
    void stall(bool on = true);

    /// While not reachable connects are refused; connections go on.
    void reachable(bool on);

    // The verdict
    // --------------------------------------------------------------------------------------------

    /// What was not as expected, a line each: calls that came unexpected with what was expected
    /// then, and lines of the script that were not met yet. Empty when there is nothing to say.
    [[nodiscard]] std::string complaints() const;

private:
    template <class Request>
    std::shared_ptr<mocks::expectation> note(std::uint64_t id, std::string_view method,
                                             std::string wanted,
                                             std::function<bool(bytes_view)> fits) {
        auto one = std::make_shared<mocks::expectation>();
        one->method_id = id;
        one->wanted = std::string(method) + ' ' + std::move(wanted);
        one->fits = std::is_empty_v<Request> ? nullptr : std::move(fits);
        add(one, method, [](bytes_view came) { return mocks::shown_arguments<Request>(came); });
        return one;
    }

    // The first line of a method puts its handler into the table.
    template <class Request, class Part>
    void serve_parts(typed::server_stream<Request, Part> const& of) {
        static_cast<void>(handle(of, [this, id = of.id](received<Request> request,
                                                        stream_writer<Part> to, call_context) {
            auto const arguments = bitcode::encode(std::move(*request)).to_vector();
            serve(id, arguments, std::make_shared<mocks::far_stream_call<Part>>(std::move(to)));
        }));
    }

    void serve(std::uint64_t method_id, bytes_view arguments,
               std::shared_ptr<mocks::far_call> call);
    void add(std::shared_ptr<mocks::expectation> one, std::string_view method,
             mocks::script::shown_arguments show);
    [[nodiscard]] rpc::dispatcher& methods() noexcept;

    class far_end;
    std::unique_ptr<far_end> far_end_;
};

}  // namespace trunkline
