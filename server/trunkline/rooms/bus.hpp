// The seam to more processes and machines: how what is said in a room reaches all who hold it.
#pragma once

#include <trunkline/rooms/message.hpp>

#include <memory>
#include <string_view>

namespace trunkline::rooms {

/// Who holds a room in this process.
class bus_subscriber {
public:
    /// Something was said in the room, here or elsewhere. Any thread, and several at once: the
    /// subscriber gives the order.
    virtual void on_said(message_draft said) = 0;

protected:
    ~bus_subscriber() = default;
};

/// One room, as one of its holders has it. Destroying it ends the subscription: it returns once
/// on_said() is not called any more.
class bus_topic {
public:
    virtual ~bus_topic() = default;

    /// To all holders of the room, the own one included, maybe from inside this call. Any thread.
    /// Two messages of one thread arrive in their order. The draft arrives as it is: with where its
    /// number belongs, and whether it is kept.
    virtual void publish(message_draft said) = 0;
};

/// Outlives its topics. Any thread.
class bus {
public:
    virtual ~bus() = default;

    /// `to` hears everything that is said in the room of that name from now on, and outlives the
    /// topic.
    [[nodiscard]] virtual std::unique_ptr<bus_topic> subscribe(std::string_view room,
                                                               bus_subscriber& to) = 0;
};

}  // namespace trunkline::rooms
