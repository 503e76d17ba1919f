using System.Text.Json;
using TrainMm.Core.Weights;

namespace TrainMm.ParityTests.Golden;

/// <summary>A folder made by a reference implementation: weights and configuration as published, inputs, and what must come out.</summary>
/// <param name="Folder">The absolute path.</param>
/// <param name="Kind">What is compared, from <c>case.json</c>.</param>
/// <param name="Base">The folder of the model that an adapter was made on, or null.</param>
public sealed record GoldenCase(string Folder, string Kind, string? Base)
{
    /// <summary>The folder's name, for reports alone.</summary>
    public string Name => System.IO.Path.GetFileName(Folder);

    /// <summary>The model's <c>config.json</c>, the base's for an adapter.</summary>
    public HuggingFaceConfig Config => HuggingFaceConfig.Open(Base ?? Folder);

    /// <summary>Reads a folder's <c>case.json</c>.</summary>
    public static GoldenCase Open(string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(System.IO.Path.Combine(folder, "case.json")));
        var root = document.RootElement;
        var baseFolder = root.TryGetProperty("base", out var value) ? System.IO.Path.GetFullPath(value.GetString()!, folder) : null;
        return new GoldenCase(folder, root.GetProperty("kind").GetString()!, baseFolder);
    }

    /// <summary>A file of the case.</summary>
    public string Path(string name) => System.IO.Path.Combine(Folder, name);
}
