using System.Text.Json;
using TrainMm.Core.Weights;
using TrainMm.Data.Manifests.Stores;

namespace TrainMm.Data.Manifests.Rows.WebDataset;

/// <summary>The files of one key.</summary>
/// <param name="Key">The name up to the first dot behind its last slash.</param>
/// <param name="Header">Where the first file's header is.</param>
internal sealed record WebDatasetRow(string Key, long Header)
{
    private static readonly Dictionary<string, string> Modalities = new(StringComparer.OrdinalIgnoreCase)
    {
        ["jpg"] = "image",
        ["jpeg"] = "image",
        ["png"] = "image",
        ["webp"] = "image",
        ["mp4"] = "video",
        ["webm"] = "video",
        ["mkv"] = "video",
        ["avi"] = "video",
        ["mov"] = "video",
        ["wav"] = "audio",
        ["flac"] = "audio",
        ["mp3"] = "audio",
        ["ogg"] = "audio",
        ["m4a"] = "audio",
        ["ply"] = "points",
    };

    /// <summary>The media by modality, in the shard's order.</summary>
    internal SortedDictionary<string, List<string>> Media { get; } = new(StringComparer.Ordinal);

    /// <summary>The caption's file.</summary>
    internal ArchiveEntry? Caption { get; private set; }

    /// <summary>The <c>.json</c>.</summary>
    internal ArchiveEntry? Json { get; private set; }

    /// <summary>Where the row ends.</summary>
    internal long End { get; private set; }

    /// <summary>A name's key and what comes behind the dot.</summary>
    internal static (string Key, string Extension) Cut(string name)
    {
        var dot = name.IndexOf('.', name.LastIndexOf('/') + 1);
        return dot < 0 ? (name, "") : (name[..dot], name[(dot + 1)..]);
    }

    /// <summary>Takes a file in; one of an extension that means nothing here is passed over.</summary>
    internal void Add(TarFile file, string extension, string captionExtension, long end)
    {
        End = end;
        if (string.Equals(extension, captionExtension, StringComparison.OrdinalIgnoreCase)) Caption = file.Entry;
        else if (string.Equals(extension, "json", StringComparison.OrdinalIgnoreCase)) Json = file.Entry;
        else if (Modalities.TryGetValue(extension[(extension.LastIndexOf('.') + 1)..], out var modality))
            (Media.TryGetValue(modality, out var names) ? names : Media[modality] = []).Add(file.Name);
    }

    /// <summary>The row as one JSON object, as the formats of JSON rows have it.</summary>
    /// <param name="caption">The caption, or null where the JSON holds the text.</param>
    /// <param name="json">The <c>.json</c>'s bytes, or empty.</param>
    /// <param name="text">The column that the caption goes to.</param>
    /// <exception cref="JsonException">The <c>.json</c> is none.</exception>
    /// <exception cref="FormatException">The <c>.json</c> is no object.</exception>
    internal byte[] ToJson(string? caption, ReadOnlyMemory<byte> json, string text)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            writer.WriteString("id", Key);
            foreach (var (modality, names) in Media)
            {
                writer.WriteStartArray(modality);
                foreach (var name in names) writer.WriteStringValue(name);
                writer.WriteEndArray();
            }

            if (caption is not null) writer.WriteString(text, caption);
            if (json.Length > 0) CopyColumns(json, writer, caption is null ? null : text);
            writer.WriteEndObject();
        }

        return bytes.ToArray();
    }

    // The row's key and files are its id and its media, whatever its JSON calls by these names.
    private static void CopyColumns(ReadOnlyMemory<byte> json, Utf8JsonWriter writer, string? taken)
    {
        using var document = JsonBytes.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw new FormatException("its .json is no object");
        foreach (var column in document.RootElement.EnumerateObject())
        {
            if (column.Name is "id" or "image" or "video" or "audio" or "points" || column.Name == taken) continue;
            column.WriteTo(writer);
        }
    }
}
