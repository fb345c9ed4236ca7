#include <trunkline/conformance/two_sided.hpp>

#include <memory>
#include <utility>

namespace trunkline::conformance {
namespace {

class two_networks final : public transport::network {
public:
    two_networks(transport::network& dials, transport::network& listens)
        : dials_(dials), listens_(listens) {}

    result<std::unique_ptr<transport::listener>> listen(transport::runtime& loop,
                                                        std::string_view url) override {
        return listens_.listen(loop, url);
    }
    std::unique_ptr<transport::dialer> make_dialer(transport::runtime& loop) override {
        return dials_.make_dialer(loop);
    }

private:
    transport::network& dials_;
    transport::network& listens_;
};

class two_fixtures final : public fixture {
public:
    two_fixtures(std::unique_ptr<fixture> dials, std::unique_ptr<fixture> listens)
        : dials_(std::move(dials)),
          listens_(std::move(listens)),
          network_(dials_->network(), listens_->network()) {}

    transport::network& network() override { return network_; }
    std::string url() override { return listens_->url(); }
    std::unique_ptr<transport::dialer> raw_dialer() override {
        auto made = dials_->raw_dialer();
        return made ? std::move(made) : listens_->raw_dialer();
    }
    std::string silent_url() override { return listens_->silent_url(); }
    std::string abandoned_url() override { return listens_->abandoned_url(); }
    void pose(server_guise server, client_guise client) override {
        dials_->pose(server, client);
        listens_->pose(server, client);
    }
    void renew_certificate() override { listens_->renew_certificate(); }
    std::size_t links() const override { return dials_->links() + listens_->links(); }

private:
    std::unique_ptr<fixture> dials_;
    std::unique_ptr<fixture> listens_;
    two_networks network_;
};

features of_both(features const& one, features const& other) {
    return {.shapes = one.shapes && other.shapes,
            .virtual_time = one.virtual_time && other.virtual_time,
            .message_borders = one.message_borders && other.message_borders,
            .half_close = one.half_close && other.half_close,
            .reset = one.reset && other.reset,
            .probe = one.probe && other.probe,
            .close_reason = one.close_reason && other.close_reason,
            .identity = one.identity && other.identity,
            .secure = one.secure && other.secure,
            .compression = one.compression && other.compression};
}

}  // namespace

subject two_sided(subject const& dials, subject const& listens) {
    return {.name = dials.name,
            .has = of_both(dials.has, listens.has),
            .make =
                [one = dials.make, other = listens.make](place const& where) {
                    return std::make_unique<two_fixtures>(one(where), other(where));
                },
            .drive = dials.drive};
}

}  // namespace trunkline::conformance
