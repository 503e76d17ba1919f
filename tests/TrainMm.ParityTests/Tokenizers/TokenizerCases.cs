using System.Text.Json;

namespace TrainMm.ParityTests.Tokenizers;

/// <summary>Where reference ids lie: <c>TRAINMM_TOKENIZER_CASES</c>, else <c>../shared/tokenizers</c> beside the checkout.</summary>
internal static class TokenizerCases
{
    /// <summary>Stands for the cases where there is no such folder, since a theory needs at least one.</summary>
    public const string NoneFound = "(no tokenizer cases on this machine)";

    /// <summary>The folder; it need not exist.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("TRAINMM_TOKENIZER_CASES") is { Length: > 0 } folder ? folder : Path.Combine(CheckoutRoot(), "..", "shared", "tokenizers");

    /// <summary>The demo's cases, in the demo pack beside the tokenizer cases.</summary>
    public static string DemoFolder => Path.Combine(Folder, "..", "demo");

    /// <summary>The names of the folders with a <c>golden.json</c>.</summary>
    public static TheoryData<string> Names
    {
        get
        {
            var names = Directory.Exists(Folder)
                ? Directory.GetDirectories(Folder).Where(folder => File.Exists(Path.Combine(folder, "golden.json"))).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)
                : Enumerable.Empty<string>();
            return [.. names.DefaultIfEmpty(NoneFound)];
        }
    }

    /// <summary>The folders with a <c>tokenizer.json</c> and an older file beside it.</summary>
    public static TheoryData<string, string> OlderFiles
    {
        get
        {
            var files = new TheoryData<string, string>();
            foreach (string name in Names)
            {
                foreach (var file in (ReadOnlySpan<string>)["tokenizer.model", "vocab.json", "vocab.txt"])
                {
                    if (File.Exists(Path.Combine(Folder, name, "tokenizer.json")) && File.Exists(Path.Combine(Folder, name, file))) files.Add(name, file);
                }
            }

            if (files.Count == 0) files.Add(NoneFound, string.Empty);
            return files;
        }
    }

    /// <summary>Ids under a name, or null where a case has none.</summary>
    public static int[]? Ids(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var ids) ? [.. ids.EnumerateArray().Select(id => id.GetInt32())] : null;

    /// <summary>The text under a name, or null where a case has none.</summary>
    public static string? Text(this JsonElement element, string name) => element.TryGetProperty(name, out var text) ? text.GetString() : null;

    private static string CheckoutRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "TrainMm.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException($"TrainMm.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
