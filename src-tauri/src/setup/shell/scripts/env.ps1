# Points AI clients at llm-proxy while it runs, and takes a dead address away. A value that is not llm-proxy's
# own is left alone. Nothing here waits, uses the network or starts a program; alive is who has the process id,
# so for the rare id that was given to another program a dead address may stay.
& {
    $port = $null
    try {
        $port = [uint16][IO.File]::ReadAllText(@PORTFILE@).Trim()
        $id = [int][IO.File]::ReadAllText(@PIDFILE@).Trim()
        $null = [Diagnostics.Process]::GetProcessById($id)
    } catch { $port = $null }
    $bases = [ordered]@{
        ANTHROPIC_BASE_URL = '/anthropic/api.anthropic.com'
        OPENAI_BASE_URL = '/openai/api.openai.com/v1'
    }
    foreach ($name in $bases.Keys) {
        $old = [Environment]::GetEnvironmentVariable($name)
        $ours = '^http://127\.0\.0\.1:[0-9]+' + [regex]::Escape($bases[$name]) + '$'
        if ($null -ne $old -and $old -cnotmatch $ours) { continue }
        $value = if ($port) { "http://127.0.0.1:$port" + $bases[$name] } else { $null }
        [Environment]::SetEnvironmentVariable($name, $value)
    }
}
