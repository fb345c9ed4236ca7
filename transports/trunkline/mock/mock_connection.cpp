#include <trunkline/mock/mock_connection.hpp>

#include <trunkline/mock/faulty_listener.hpp>
#include <trunkline/peer/line_access.hpp>
#include <trunkline/peer/server_loop.hpp>
#include <trunkline/rpc/method_id.hpp>

namespace trunkline {

/// A server whose methods are the script.
class mock_connection::far_end {
public:
    far_end() : lines(loop, [this] { faults.cut(); }), serving(loop, nullptr, settings) {
        settings.methods.otherwise([this](rpc::request const& call, rpc::responder to) {
            if (call.method_id == rpc::method_id(trunkline::peers::layout_probe)) {
                to.answer(rpc::status::method_not_found,
                          {});  // as any server, and none of the script
                return;
            }
            serve_whole(call, std::move(to));
        });
        auto made = std::make_unique<mocks::faulty_listener>(loop, names, url, faults);
        door = made.get();
        serving.add_listener(std::move(made));
        serving.start();
    }

    void serve_whole(rpc::request const& call, rpc::responder to) {
        lines.serve(call.method_id, call.arguments,
                    std::make_shared<mocks::far_unary_call>(std::move(to)));
    }

    std::string const url = "memory:mock";
    transport::simulated_runtime loop;
    memory::hub names;
    mocks::fault_panel faults;
    peers::server_settings settings;
    mocks::script lines;
    mocks::faulty_listener* door = nullptr;
    peers::server_loop serving;
};

mock_connection::mock_connection() : far_end_(std::make_unique<far_end>()) {}

mock_connection::~mock_connection() = default;

rpc_client mock_connection::connect() {
    return client().connect().value();
}

rpc_client::builder mock_connection::client() {
    rpc_client::builder made(far_end_->url);
    made.over(far_end_->names).run_on(far_end_->loop);
    return made;
}

std::string const& mock_connection::url() const noexcept {
    return far_end_->url;
}

memory::hub& mock_connection::names() noexcept {
    return far_end_->names;
}

transport::simulated_runtime& mock_connection::loop() noexcept {
    return far_end_->loop;
}

std::vector<peer> mock_connection::peers() const {
    std::vector<peer> found;
    for (auto& each : far_end_->settings.peers.all()) {
        found.push_back(trunkline::peers::line_access::handle_of(std::move(each)));
    }
    return found;
}

void mock_connection::cut() {
    far_end_->faults.cut();
}

void mock_connection::stall(bool on) {
    far_end_->faults.stall(on);
}

void mock_connection::reachable(bool on) {
    far_end_->door->set_reachable(on);
}

std::string mock_connection::complaints() const {
    return far_end_->lines.complaints();
}

void mock_connection::serve(std::uint64_t method_id, bytes_view arguments,
                            std::shared_ptr<mocks::far_call> call) {
    far_end_->lines.serve(method_id, arguments, std::move(call));
}

void mock_connection::add(std::shared_ptr<mocks::expectation> one, std::string_view method,
                          mocks::script::shown_arguments show) {
    // Unless it has a handler, as one that answers in parts.
    static_cast<void>(methods().add(
        one->method_id, [far = far_end_.get()](rpc::request const& call, rpc::responder to) {
            far->serve_whole(call, std::move(to));
        }));
    far_end_->lines.add(std::move(one), method, std::move(show));
}

rpc::dispatcher& mock_connection::methods() noexcept {
    return far_end_->settings.methods;
}

}  // namespace trunkline
