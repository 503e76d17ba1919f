namespace TrainMm.Data.Manifests.Stores;

/// <summary>Names of media are paths with slashes, relative to their store and never out of it.</summary>
internal static class MediumPath
{
    /// <summary>The name without <c>./</c> and doubled slashes, or null where it is empty, absolute, or climbs with <c>..</c>.</summary>
    internal static string? Normalise(string name)
    {
        if (name.Length == 0 || name[0] == '/' || name.Contains('\\') || name.Contains('\0') || (name.Length > 1 && name[1] == ':')) return null;
        if (!name.Contains("./", StringComparison.Ordinal) && !name.Contains("//", StringComparison.Ordinal) && !name.EndsWith('.')) return name;
        var parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").ToArray();
        return parts.Length == 0 || parts.Contains("..", StringComparer.Ordinal) ? null : string.Join('/', parts);
    }
}
