namespace TrainMm.ParityTests.Golden;

/// <summary>Finds the golden cases: every folder with a <c>case.json</c> under <c>TRAINMM_GOLDEN</c>, by default <c>../shared/golden</c> beside the checkout.</summary>
public static class GoldenCases
{
    /// <summary>Where the cases are looked for.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("TRAINMM_GOLDEN") is { Length: > 0 } given ? System.IO.Path.GetFullPath(given) : Default();

    /// <summary>Every case that is there, by folder.</summary>
    public static IReadOnlyList<GoldenCase> All { get; } = Find();

    private static string Default()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "TrainMm.sln"))) folder = folder.Parent;
        return System.IO.Path.GetFullPath(System.IO.Path.Combine(folder?.FullName ?? AppContext.BaseDirectory, "..", "shared", "golden"));
    }

    private static List<GoldenCase> Find() => Directory.Exists(Root)
        ? [.. Directory.EnumerateDirectories(Root).Where(folder => File.Exists(System.IO.Path.Combine(folder, "case.json"))).Order(StringComparer.Ordinal).Select(GoldenCase.Open)]
        : [];
}
