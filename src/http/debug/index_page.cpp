#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "http/debug/pages.hpp"

#include <leash/blocking.hpp>
#include <leash/go.hpp>
#include <leash/leaks.hpp>

namespace leash::http {
namespace {

std::string arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string all{std::istreambuf_iterator<char>(file), {}};
  if (!all.empty() && all.back() == '\0') all.pop_back();
  return all;
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '&':
        safe += "&amp;";
        break;
      case '\0':
        safe += ' ';
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

// Formats outside the coroutine: GCC 14 cannot check a literal of fmt 10 within one.
std::string index_text(const std::string* host, std::size_t leaked) {
  constexpr std::string_view page = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>/debug/pprof/</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 50rem; padding: 0 1rem; color-scheme: light dark; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: baseline; padding: .4rem 1rem .4rem 0; border-bottom: 1px solid #8884; }}
td:first-child, th:first-child {{ text-align: right; font-variant-numeric: tabular-nums; }}
code, pre {{ font-size: .9em; overflow-wrap: anywhere; white-space: pre-wrap; }}
</style>
</head>
<body>
<h1>/debug/pprof/</h1>
<p><code>{program}</code></p>
<table>
<tr><th>Count</th><th>Profile</th><th></th></tr>
<tr><td>{goroutines}</td><td><a href="goroutine?debug=1">goroutine</a></td><td>Where all goroutines stand:
<a href="goroutine?debug=1">grouped</a>, <a href="goroutine?debug=2">one by one</a>,
<a href="goroutine">as a file for go tool pprof</a>,
<a href="goroutine?seconds=5">what changes in 5 s</a>, as a file too</td></tr>
<tr><td>{leaked}</td><td><a href="goroutineleak?debug=1">goroutineleak</a></td><td>Those that can never run again, proven now:
<a href="goroutineleak?debug=1">grouped</a>, <a href="goroutineleak?debug=2">one by one</a>,
<a href="goroutineleak">as a file for go tool pprof</a></td></tr>
<tr><td></td><td><a href="/debug/leash/why">why</a></td><td>On what condition each goroutine will exit</td></tr>
<tr><td></td><td><a href="cmdline">cmdline</a></td><td>The command line of this program</td></tr>
<tr><td></td><td><a href="/metrics">/metrics</a></td><td>For Prometheus</td></tr>
</table>
<p>From a shell:</p>
<pre>go tool pprof -top http://{host}/debug/pprof/goroutine
go tool pprof -http=: http://{host}/debug/pprof/goroutine
go tool pprof -top http://{host}/debug/pprof/goroutineleak
leash goroutines http://{host}
leash leaks http://{host}
leash why http://{host}</pre>
</body>
</html>
)";
  return fmt::format(page, fmt::arg("program", escaped(arguments())),
                     fmt::arg("goroutines", num_goroutines()), fmt::arg("leaked", leaked),
                     fmt::arg("host", escaped(host != nullptr ? *host : "HOST:PORT")));
}

}  // namespace

streamed_response cmdline_page() { return text_answer(200, arguments()); }

task<streamed_response> index_page(const request& asked, profile_slots slots) {
  const std::string* host = find_header(asked.headers, "Host");
  const held_slot slot = co_await take_slot(slots.now);  // a proof takes memory
  if (!slot) co_return busy_answer();
  const std::size_t leaked = co_await blocking([] { return leaks().size(); });
  co_return text_answer(200, index_text(host, leaked), "text/html; charset=utf-8");
}

}  // namespace leash::http
