using System.Formats.Tar;
using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Manifests;

namespace TrainMm.Tests.Data.Manifests.Rows;

public sealed class WebDatasetRowsTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Img2DatasetsShardsAreRead()
    {
        Tar("0.tar", ("s0/000.jpg", "A"), ("s0/000.txt", " a cat \n"), ("s0/000.json", """{"width": 640, "url": "https://example.org/a", "caption": "other", "exif": {"x": 1}}"""), ("s0/001.PNG", "B"), ("s0/001.cls", "7"), ("s0/001.txt", "a dog"));
        Tar("1.tar", ("002.1.jpg", "C"), ("002.0.webp", "D"), ("002.wav", "E"), ("002.json", """{"caption": "both", "prompt": "What?", "image": "x.jpg"}"""));
        using var source = Open("paths: [0.tar, 1.tar]");
        Snapshot.Match(RowFolder.Show(source), "webdataset");
        Assert.Equal("C"u8.ToArray(), source.ReadMedium(source.Read(2).Media.First()));
    }

    [Fact]
    public void ConversationsAreReadAndTheManifestFilters()
    {
        const string Row = """{"lang": "LANG", "conversations": [{"from": "human", "value": "What is <image>?"}, {"from": "gpt", "value": "A cat."}]}""";
        Tar("0.tar", ("a.jpg", "A"), ("a.json", Row.Replace("LANG", "en")), ("b.jpg", "B"), ("b.json", Row.Replace("LANG", "de")));
        using var source = Open("paths: [0.tar], columns: { conversations: conversations }", "where: { lang: de }");
        Snapshot.Match(RowFolder.Show(source), "webdataset-conversations");
    }

    [Fact]
    public void RowsAreKnownByTheirContent()
    {
        Tar("0.tar", ("a.jpg", "A"), ("a.txt", "one"), ("b.jpg", "B"), ("b.txt", "two"));
        string before, hash;
        using (var set = OpenManifest.Open(Manifest("paths: [0.tar]", "")))
        {
            hash = set.Rows.HashRow(set.Rows.Scan().Last().Place);
            before = set.Rows.Fingerprint;
            Assert.Equal(before, set.Rows.HashContent());
        }

        Tar("0.tar", ("b.jpg", "B"), ("b.txt", "two"), ("a.jpg", "A"), ("a.txt", "six"));
        using var changed = OpenManifest.Open(Manifest("paths: [0.tar]", ""));
        var rows = changed.Rows.Scan().ToList();
        Assert.Equal(hash, changed.Rows.HashRow(rows[0].Place));
        Assert.NotEqual(before, changed.Rows.Fingerprint);
    }

    [Fact]
    public void FaultsNameTheShardAndTheKey()
    {
        var shown = new StringBuilder();
        (string, string)[][] shards =
        [
            [("a.jpg", "A")],
            [("a.jpg", "A"), ("a.txt", " ")],
            [("a.jpg", "A"), ("a.json", "{\"caption\": ")],
            [("a.jpg", "A"), ("a.json", "[1]")],
            [("a.txt", "text alone")],
            [("a.jpg", "A"), ("b.jpg", "B"), ("a.txt", "apart"), ("b.txt", "apart")],
        ];
        foreach (var files in shards)
        {
            Tar("0.tar", files);
            shown.AppendLine(Assert.Throws<DataException>(() => Open("paths: [0.tar]")).Message);
        }

        Snapshot.Match(shown.ToString(), "webdataset-faults", folder.Path);
    }

    private ManifestSource Open(string options, string more = "") => ManifestSource.Open(Manifest(options, more));

    private string Manifest(string options, string more) => folder.Write("data.yaml", $"name: test\nrows: {{ kind: webdataset, {options} }}\n{more}\n");

    private void Tar(string name, params (string Name, string Content)[] files)
    {
        using var stream = File.Create(Path.Combine(folder.Path, name));
        using var writer = new TarWriter(stream, TarEntryFormat.Pax);
        foreach (var (file, content) in files) writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, file) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
    }
}
