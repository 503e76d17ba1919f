using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Data;
using TrainMm.Data.Manifests;

namespace TrainMm.Tests.Data.Manifests.Rows;

/// <summary>A temporary manifest with rows and a folder of media, and samples as one can read them.</summary>
public sealed class RowFolder : IDisposable
{
    private readonly TempFolder folder = new();

    public RowFolder(params string[] media)
    {
        Directory.CreateDirectory(System.IO.Path.Combine(folder.Path, "media"));
        foreach (var name in media) folder.Write($"media/{name}", name);
    }

    public string Path => folder.Path;

    public void Dispose() => folder.Dispose();

    public string Write(string name, string text) => folder.Write(name, text);

    /// <summary>Opens rows of a kind; what is given after it are the kind's options.</summary>
    public ManifestSource Open(string kind, string rows, string options = "", string more = "")
    {
        folder.Write("rows.json", rows);
        return ManifestSource.Open(folder.Write("data.yaml", $"name: test\nrows: {{ kind: {kind}, path: rows.json{options} }}\nmedia: {{ kind: folder, path: media }}\n{more}\n"));
    }

    /// <summary>The samples of rows, a line for each turn: <c>User: [image a.png]\nWhat?</c>.</summary>
    public string Read(string kind, string rows, string options = "")
    {
        using var source = Open(kind, rows, options);
        return Show(source);
    }

    /// <summary>What each row's fault shows the user, each row tried alone.</summary>
    public string Faults(string kind, IEnumerable<string> rows, string options = "")
    {
        var shown = new StringBuilder();
        foreach (var row in rows) shown.AppendLine(Assert.Throws<DataException>(() => Open(kind, row, options)).Message);
        return shown.ToString();
    }

    /// <summary>All samples of a source as text.</summary>
    public static string Show(ManifestSource source)
    {
        var shown = new StringBuilder();
        for (var i = 0; i < source.Count; i++)
        {
            var sample = source.Read(i);
            shown.Append($"#{sample.Id}");
            foreach (var (name, value) in sample.Attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal)) shown.Append($" {name}={value}");
            shown.AppendLine();
            foreach (var turn in sample.Turns) shown.AppendLine($"  {turn.Speaker}: {string.Concat(turn.Parts.Select(Show))}");
            Assert.All(sample.Media, medium => Assert.NotEmpty(source.ReadMedium(medium)));
        }

        return shown.ToString();
    }

    private static string Show(Part part) => part switch
    {
        MediumPart medium => $"[{medium.Medium.Modality} {medium.Medium.Path}]",
        SignalPart signal => $"[make {signal.Modality}: {signal.Caption}{(signal.Target is { } target ? $" as {target.Path}" : "")}]",
        TextPart text => text.Text.Replace("\n", "\\n"),
        _ => throw new InvalidOperationException(part.ToString()),
    };
}
