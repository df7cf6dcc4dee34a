# Points AI clients at llm-proxy while it runs, and takes a dead address away. A value that is not llm-proxy's
# own is left alone. Nothing here waits or uses the network; alive is who has the process id, so for the rare
# id that was given to another program a dead address may stay.
do --env {
    let port = try { open --raw @PORTFILE@ | str trim | into int } catch { 0 }
    let id = try { open --raw @PIDFILE@ | str trim | into int } catch { 0 }
    let alive = if $port == 0 or $id == 0 {
        false
    } else if ("/proc/self" | path exists) {
        $"/proc/($id)" | path exists
    } else {
        # Nushell has no kill that only asks; without /proc a program has to be asked.
        (^kill -0 $id | complete).exit_code == 0
    }
    for base in [
        [name, path];
        ["ANTHROPIC_BASE_URL", "/anthropic/api.anthropic.com"]
        ["OPENAI_BASE_URL", "/openai/api.openai.com/v1"]
    ] {
        let old = $env | get --ignore-errors $base.name
        let ours = $old != null and ($old | str starts-with "http://127.0.0.1:") and ($old | str ends-with $base.path)
        if $alive and ($old == null or $ours) {
            load-env {$base.name: $"http://127.0.0.1:($port)($base.path)"}
        } else if $ours {
            hide-env $base.name
        }
    }
}
