#include <trunkline/rooms/crowd_notices.hpp>

namespace trunkline::rooms {

crowd_news crowd_notices::changed(bool joined, std::size_t members) noexcept {
    crowd_news news{.to_everybody = is_small(members), .counts = {}};
    if (!news.to_everybody) {
        ++(joined ? untold_.joined : untold_.left);
    }
    std::uint64_t const changes = untold_.joined + untold_.left;
    bool const due = news.to_everybody || changes * count_notice_share >= members;
    if (changes > 0 && due) {
        untold_.members = members;
        news.counts = untold_;
        untold_ = {};
    }
    return news;
}

}  // namespace trunkline::rooms
