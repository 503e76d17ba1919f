namespace TrainMm.Benchmarks;

/// <summary>The checkout that the benchmarks were built in, whose demo they use.</summary>
internal static class Checkout
{
    private static readonly Lazy<string> Root = new(() =>
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "TrainMm.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException("The benchmarks run in a checkout: no TrainMm.sln was found above them.");
    });

    /// <summary>A file or folder of the checkout.</summary>
    public static string PathOf(string name) => Path.Combine(Root.Value, name);
}
