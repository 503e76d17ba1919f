#:property RestorePackagesWithLockFile=false
#:property PublishAot=false
#:project ../src/TrainMm.Data/TrainMm.Data.csproj

// Makes the spoken words of data-manifests/spoken-words out of a Parquet file of clips: a zip of WAV files, stored, and a JSONL of rows.
// dotnet run scripts/spoken-words.cs -- audio.parquet data-manifests/spoken-words
// The Parquet file is read as training reads one (scripts/get-duckdb.sh fetches the library); the same file gives the same bytes.
using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;
using TrainMm.Data;
using TrainMm.Data.Manifests;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: dotnet run scripts/spoken-words.cs -- CLIPS.parquet FOLDER");
    return 2;
}

var work = Directory.CreateTempSubdirectory("spoken-words-");
try
{
    var manifest = Path.Combine(work.FullName, "clips.yaml");
    File.WriteAllText(manifest, $"name: clips\nrows: {{ kind: parquet, paths: ['{Path.GetFullPath(args[0])}'], columns: {{ audio: audio, text: text }}, select: '*, audio.path AS file' }}\n");
    using var source = ManifestSource.Open(manifest);
    var written = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    using var rows = new StreamWriter(Path.Combine(args[1], "words.jsonl")) { NewLine = "\n" };
    using var archive = new ZipArchive(File.Create(Path.Combine(args[1], "clips.zip")), ZipArchiveMode.Create);
    for (var i = 0; i < source.Count; i++)
    {
        var sample = source.Read(i);
        var name = sample.Attributes["file"];
        var entry = archive.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using (var clip = entry.Open()) clip.Write(source.ReadMedium(sample.Media.Single()));
        var text = string.Concat(sample.Turns[^1].Parts.OfType<TextPart>().Select(part => part.Text));
        rows.WriteLine(JsonSerializer.Serialize(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["id"] = $"w{i}", ["audio"] = name, ["prompt"] = "What is said?", ["text"] = text, ["type"] = "word", ["voice"] = sample.Attributes["voice"], ["split"] = sample.Attributes["split"], ["license"] = sample.Attributes["license"],
            },
            written));
    }

    Console.WriteLine($"{source.Count} clips.");
    return 0;
}
finally
{
    work.Delete(recursive: true);
}
