namespace TrainMm.Core;

/// <summary>Where the program keeps what it could make again: <c>trainmm</c> in the user's cache folder (<c>XDG_CACHE_HOME</c>, else <c>~/.cache</c>).</summary>
public static class CacheFolder
{
    /// <summary>A folder in it, which need not be there yet.</summary>
    /// <param name="name">The folder's name.</param>
    public static string Of(string name)
    {
        var home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } given ? given : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(home, "trainmm", name);
    }
}
