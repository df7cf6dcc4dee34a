# Points AI clients at llm-proxy while it runs, and takes a dead address away. A value that is not llm-proxy's
# own is left alone. Nothing here waits or uses the network; alive is who has the process id, so for the rare
# id that was given to another program a dead address may stay.
let llm_proxy_port = try { open --raw @PORTFILE@ | str trim | into int } catch { 0 }
let llm_proxy_id = try { open --raw @PIDFILE@ | str trim | into int } catch { 0 }
let llm_proxy_runs = if $llm_proxy_port <= 0 or $llm_proxy_id <= 0 {
    false
} else if ("/proc/self" | path exists) {
    $"/proc/($llm_proxy_id)" | path exists
} else {
    # Nushell has no kill that only asks; without /proc a program has to be asked.
    (^kill -0 $llm_proxy_id | complete).exit_code == 0
}
let llm_proxy_base = $"http://127.0.0.1:($llm_proxy_port)"
let llm_proxy_old = [$env.ANTHROPIC_BASE_URL? $env.OPENAI_BASE_URL?]
if $llm_proxy_old.0 == null or $llm_proxy_old.0 =~ '^http://127\.0\.0\.1:\d+/anthropic/api\.anthropic\.com$' {
    if $llm_proxy_runs {
        $env.ANTHROPIC_BASE_URL = $"($llm_proxy_base)/anthropic/api.anthropic.com"
    } else if $llm_proxy_old.0 != null {
        hide-env ANTHROPIC_BASE_URL
    }
}
if $llm_proxy_old.1 == null or $llm_proxy_old.1 =~ '^http://127\.0\.0\.1:\d+/openai/api\.openai\.com/v1$' {
    if $llm_proxy_runs {
        $env.OPENAI_BASE_URL = $"($llm_proxy_base)/openai/api.openai.com/v1"
    } else if $llm_proxy_old.1 != null {
        hide-env OPENAI_BASE_URL
    }
}
