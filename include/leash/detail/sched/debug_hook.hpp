#pragma once

// How the core finds the debug server of leash::http, which may be linked or not. Whoever links leash::http is
// made to link these two; in any other program they are null, for they are weak.
//
// The first starts a server on `address` and returns it, for the second to end it. It throws errc::bad_option
// when that is no address; when the server cannot listen there, it says so on stderr and returns null.
extern "C" {
[[gnu::weak]] void* leash_start_debug_server(const char* address);
[[gnu::weak]] void leash_stop_debug_server(void* server) noexcept;
}
