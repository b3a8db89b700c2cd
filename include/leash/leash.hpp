#pragma once

// All of the core.

#include <leash/after_func.hpp>
#include <leash/blocking.hpp>
#include <leash/channel.hpp>
#include <leash/cond.hpp>
#include <leash/context.hpp>
#include <leash/error.hpp>
#include <leash/go.hpp>
#include <leash/leaks.hpp>
#include <leash/lend.hpp>
#include <leash/mutex.hpp>
#include <leash/once.hpp>
#include <leash/once_func.hpp>
#include <leash/profile.hpp>
#include <leash/race.hpp>
#include <leash/reply_channel.hpp>
#include <leash/runtime.hpp>
#include <leash/rw_mutex.hpp>
#include <leash/scope.hpp>
#include <leash/select.hpp>
#include <leash/selector.hpp>
#include <leash/semaphore.hpp>
#include <leash/shield.hpp>
#include <leash/signal_context.hpp>
#include <leash/spawn.hpp>
#include <leash/stop_token.hpp>
#include <leash/task.hpp>
#include <leash/ticker.hpp>
#include <leash/time.hpp>
#include <leash/timer.hpp>
#include <leash/trace.hpp>
#include <leash/traced.hpp>
#include <leash/traced_allocator.hpp>
#include <leash/uncaught.hpp>
#include <leash/wait_group.hpp>
