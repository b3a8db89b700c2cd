#include "oom/oom_texts.hpp"

namespace leash::tool {

const oom_texts oom_chinese{
    .title = "1000 QPS：会泄漏的服务能活多久？",
    .setting =
        "每次竞速同时请求两个引擎，谁先返回就用谁的。文章说：1000 QPS 之下，几分钟后，\n"
        "服务必挂。为了在几秒之内看到结果，这里每秒发起更多次竞速，次数以实测为准。\n"
        "引擎是 {} ms 和 {} ms 的定时器。服务运行在单独的进程里，内存上限 {}。",
    .headings = {"会泄漏的服务：channel<std::string> ch;",
                 "修复后的服务，同样多次竞速：channel<std::string> ch(2);"},
    .goroutines = "Goroutine 数量",
    .memory = "常驻内存",
    .ends = {"被内核杀死：内存耗尽。用时 {} s，竞速 {} 次（每秒 {} 次）。",
             "被杀死（SIGKILL）：用时 {} s，竞速 {} 次（每秒 {} 次）。\n"
             "没有控制组约束它：本进程每 5 ms 查看一次它的常驻内存，超过上限即杀死。",
             "活着：用时 {} s，完成竞速 {} 次（每秒 {} 次），正常退出。",
             "过了 {} s、{} 次竞速（每秒 {} 次）仍在运行：演示不再等待。",
             "出错退出：用时 {} s，竞速 {} 次（每秒 {} 次）。"},
    .group = "上限由控制组执行（cgroup v{}），它不计入从父进程继承的内存页。",
    .counts = "Goroutine count: {}（之前），Goroutine count: {}（最后）",
    .held = "常驻内存：最后 {}，最多 {}。",
    .gigabyte = "1000 QPS 之下，1 GiB 内存能撑多久",
    .leash_row = "leash：   每个泄漏的 Goroutine {:.0f} 字节（本次实测），{:.1f} 分钟",
    .go_row = "Go 1.27：约 2.8 KB（并非本次测得），{:.1f} 分钟",
    .closing =
        "Goroutine 更小，只是多撑一会儿，并不是解法。黄金法则：如果你启动了一个\n"
        "Goroutine，你必须清楚地知道它将在何时、何种条件下退出。"};

}  // namespace leash::tool
