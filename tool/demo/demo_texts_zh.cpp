#include "demo/demo_texts.hpp"

namespace leash::tool {

const demo_texts chinese{
    .title = "Go 并发中的隐形杀手——Goroutine 泄漏",
    .servers =
        "本机上运行着两个 HTTP 服务：{} 在 {} ms 后应答（{}），{} 在 {} ms 后应答（{}）。\n"
        "同时请求两者，谁先返回就用谁的。下面的每个数字都是在这一次运行中测得的。",
    .headings = {"场景复现：API 竞速，初版代码（存在泄漏）", "解决方案：Buffered Channel",
                 "方案二：使用 Context 取消（文章的写法）", "方案二，系上牵引绳：go(context, …)",
                 "方案三：使用 Select + otherwise（非阻塞发送）", "方案三的陷阱：接收者还没到",
                 "陷阱的解法：留一个缓冲位", "leash 的 race：一行写完"},
    .notes = {"channel<std::string> ch;  两个 Goroutine 都向它发送，调用者只接收一次。",
              "channel<std::string> ch(2);  给每个发送者留一个缓冲位。",
              "select(on_send(ch, answer), on_done(ctx));  请求本身仍会跑完。",
              "落选者在请求途中被展开，传输立即中止。",
              "select(on_send(ch, answer), otherwise());  ch 无缓冲。",
              "同样的代码，但第一个结果到来时调用者正忙：这个结果丢了。",
              "调用者同样迟到，但用 channel<std::string> ch(1)：第一个结果会等着它。",
              "co_await race(request(google), request(bing));"},
    .winner = "胜者：{}，用时 {} ms",
    .goroutines = "Goroutine count: {}（之前），Goroutine count: {}（之后，第 {} ms 查看）",
    .fates = {"落选者：{} 永久阻塞在发送操作上，第 {} ms 时仍在",
              "落选者：{} 在第 {} ms 把结果放进缓冲区，正常退出",
              "落选者：{} 在第 {} ms 发送不出去，丢弃结果并退出",
              "落选者：{} 在第 {} ms 发现 context 已结束，优雅退出",
              "落选者：{} 在第 {} ms 被展开，析构函数逐一执行"},
    .proof =
        "leash 证明：Goroutine {} [{}] 停在 {}:{}，创建于 {}:{}，再也不可能运行。\n"
        "能从 ch 接收的人一个也不剩：这个 channel 只剩下该 Goroutine 自己的句柄。",
    .cure = "解法（见文章的表）：加缓冲 / Context 取消。",
    .timeline = "泄漏分析：时间线",
    .line_start = "启动两个 Goroutine",
    .line_answered = "{} 完成",
    .line_received = "调用者收到结果，函数返回",
    .line_sends = "{} 完成，尝试写入 ch...",
    .line_forever = "{} 的 Goroutine 永久阻塞（第 {} ms 时仍在）",
    .table = "为什么有效？",
    .rows = {"1. 第二次发送没有阻塞：用时 {} µs", "2. {} 的 Goroutine 在第 {} ms 正常退出",
             "3. 被占用的只是一个缓冲位：{} 字节；而泄漏的 Goroutine 占 {} 字节",
             "4. 存活的栈帧：之前 {} 个，之后 {} 个"},
    .growth = "一个泄漏的 Goroutine 占 {} 字节：1000 QPS 之下，每分钟 {:.1f} MiB。",
    .summary = "初版代码留下了 {} 个 Goroutine，至今已阻塞 {} ms。程序结束时将其展开。",
    .rule = "黄金法则：如果你启动了一个 Goroutine，你必须清楚地知道它将在何时、何种条件下退出。"};

}  // namespace leash::tool
