using System.Text.Json;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Data.Manifests.Rows.Json;

namespace TrainMm.Data.Manifests.Rows.InternVl;

/// <summary>One annotation file of a meta file.</summary>
/// <param name="Name">The name that the meta file gives it.</param>
/// <param name="Root">The folder in the media store that its rows' paths start in.</param>
/// <param name="Annotation">The file of rows.</param>
/// <param name="RepeatTime">How often each row is taken; a fraction takes that part of the rows.</param>
internal sealed record InternVlSet(string Name, string Root, string Annotation, decimal RepeatTime);

/// <summary>Reads a meta file: <c>{NAME: {"root": …, "annotation": …, "repeat_time": …}}</c>; other keys are for InternVL's own training and are passed over.</summary>
internal static class InternVlMeta
{
    private const decimal MostRepeats = 1000;

    /// <summary>Reads the file.</summary>
    /// <exception cref="DataException">It is no such file, or annotation files are missing: all faults are named.</exception>
    internal static InternVlSet[] Read(InternVlMetaOptions options)
    {
        var folder = options.Annotations ?? Path.GetDirectoryName(options.Path)!;
        var faults = new List<string>();
        InternVlSet[] sets;
        try
        {
            using var document = JsonBytes.Parse(File.ReadAllBytes(options.Path), new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new DataException("A meta file must be a JSON object: a name, and its root and annotation.", options.Path);
            sets = [.. document.RootElement.EnumerateObject().Select(entry => ReadSet(entry, folder, fault => faults.Add($"{options.Path}: '{entry.Name}': {fault}")))];
        }
        catch (JsonException error)
        {
            throw new DataException($"The file is no JSON: {JsonText.Reason(error)}", $"{options.Path}:{(error.LineNumber ?? 0) + 1}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException("The file cannot be read.", options.Path, error);
        }

        if (faults.Count > 0) throw new DataException(string.Join('\n', faults));
        return sets.Length > 0 ? sets : throw new DataException("The meta file names no annotation files.", options.Path);
    }

    private static InternVlSet ReadSet(JsonProperty entry, string folder, Action<string> fault)
    {
        var root = Text(entry.Value, "root");
        var annotation = Text(entry.Value, "annotation");
        if (annotation is null) fault("it has no `annotation`.");
        else if (!File.Exists(annotation = Path.Combine(folder, annotation))) fault($"the annotation file {annotation} does not exist; `annotations` in the manifest says which folder the paths start in.");
        if (root is null) fault("it has no `root`.");
        else if (root.StartsWith('/') || root.Contains("://", StringComparison.Ordinal)) fault($"the root '{root}' must be a folder in the manifest's media store.");
        var repeats = entry.Value.ValueKind == JsonValueKind.Object && entry.Value.TryGetProperty("repeat_time", out var given) ? Number(given) : 1;
        if (repeats is not (> 0 and <= MostRepeats)) fault($"`repeat_time` must be a number above 0 and up to {MostRepeats}.");
        return new InternVlSet(entry.Name, root ?? "", annotation ?? "", repeats ?? 0);
    }

    private static string? Text(JsonElement set, string name) =>
        set.ValueKind == JsonValueKind.Object && set.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static decimal? Number(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) ? number : null;
}
