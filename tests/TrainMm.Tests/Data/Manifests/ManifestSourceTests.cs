using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Data;
using TrainMm.Data.Manifests;

namespace TrainMm.Tests.Data.Manifests;

public sealed class ManifestSourceTests : IDisposable
{
    private const string GoodRow = """{"id": "a", "image": "one.png", "conversations": [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "this"}]}""";
    private readonly TempFolder folder = new();

    public ManifestSourceTests() => folder.Write("media/one.png", "1");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("pretrain-train", 6114)]
    [InlineData("pretrain-val", 1287)]
    [InlineData("pretrain-test", 1701)]
    [InlineData("pretrain-test-drawing", 597)]
    [InlineData("pretrain-test-concept", 622)]
    [InlineData("pretrain-test-combo", 180)]
    [InlineData("pretrain-test-style", 302)]
    [InlineData("sft-train", 5400)]
    [InlineData("sft-val", 1074)]
    [InlineData("sft-test", 3996)]
    [InlineData("sft-test-drawing", 901)]
    [InlineData("sft-test-concept", 908)]
    [InlineData("sft-test-combo", 1179)]
    [InlineData("sft-test-style", 908)]
    [InlineData("sft-test-text", 100)]
    public void TheDemosManifestsOpenWithTheirHashes(string name, int count)
    {
        using var source = ManifestSource.Open(Path.Combine(Snapshot.RepositoryRoot, "data-manifests", "emoji", name + ".yaml"));
        Assert.Equal($"emoji-{name}", source.Name);
        Assert.Equal(count, source.Count);
        Assert.All(source.Read(count - 1).Media, medium => Assert.NotEmpty(source.ReadMedium(medium)));
        if (name.Contains("-test-", StringComparison.Ordinal)) Assert.Equal(source.Manifest.Split, source.Read(count / 2).Attributes["split"]);
    }

    [Theory]
    [InlineData("llava-558k.yaml")]
    [InlineData("llava-665k.yaml")]
    public void TheManifestsOfDataToBeFetchedLackOnlyTheirFiles(string name)
    {
        var error = Assert.Throws<ConfigurationException>(() => ManifestSource.Open(Path.Combine(Snapshot.RepositoryRoot, "data-manifests", name)));
        Assert.Equal(2, error.Diagnostics.Count);
        Assert.All(error.Diagnostics, diagnostic => Assert.Contains("does not exist", diagnostic.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void ARowBecomesASample()
    {
        using var source = Open("""
            {"id": 7, "image": ["one.png", "one.png"], "score": 0.5, "good": true, "none": null, "tags": ["x"], "conversations": [
            """.Trim() + """
            {"from": "system", "value": "Be brief."}, {"from": "human", "value": "a <image> b <image>", "extra": 1}, {"from": "gpt", "value": "c"}, {"value": "d", "from": "user"}, {"from": "assistant", "value": "e"}]}
            """);
        var sample = source.Read(0);
        Assert.Equal("7", sample.Id);
        Assert.Equal($"{folder.Path}/rows.jsonl:1", sample.Origin);
        Assert.Equal([Speaker.System, Speaker.User, Speaker.Assistant, Speaker.User, Speaker.Assistant], sample.Turns.Select(turn => turn.Speaker));
        var medium = new MediumPart(new MediumReference("image", "one.png"));
        Assert.Equal([new TextPart("a "), medium, new TextPart(" b "), medium], sample.Turns[1].Parts);
        Assert.Equal(new Dictionary<string, string> { ["score"] = "0.5", ["good"] = "true" }, sample.Attributes);
        Assert.Equal("1", Encoding.UTF8.GetString(source.ReadMedium(medium.Medium)));
        Assert.Equal($"{folder.Path}/media!one.png", source.OriginOf(medium.Medium));
    }

    [Fact]
    public void ByteOrderMarkCarriageReturnsBlankLinesAndMissingIdsAreNoMatter()
    {
        var rows = "\uFEFF\r\n" + GoodRow.Replace("\"id\": \"a\", ", "") + "\r\n\r\n   \n\t" + GoodRow + "\n\n" + GoodRow;
        using var source = Open(rows);
        Assert.Equal(["0", "a", "a"], Enumerable.Range(0, 3).Select(i => source.Read(i).Id));
        Assert.Equal([2, 5, 7], Enumerable.Range(0, 3).Select(i => int.Parse(source.Read(i).Origin.Split(':')[^1])));
    }

    [Fact]
    public void AnArrayIsReadAsAStreamAndEachRowByItsPlace()
    {
        // Longer than the window, with rows over several lines, so that rows and tokens lie across its edges.
        var rows = Enumerable.Range(0, 5000).Select(i => GoodRow.Replace("\"a\"", i.ToString()).Replace("this", $"{{]\\\"{new string('x', i % 700)}").Replace(", \"conv", ",\n  \"conv"));
        using var source = Open("\uFEFF [\n" + string.Join(",\n", rows) + "\n]\n\n", "llava_json");
        Assert.Equal(5000, source.Count);
        foreach (var i in new[] { 0, 1, 2499, 4999 })
        {
            var sample = source.Read(i);
            Assert.Equal(i.ToString(), sample.Id);
            Assert.Equal($"{folder.Path}/rows.jsonl:{2 + (2 * i)}", sample.Origin);
            Assert.Equal(new TextPart("{]\"" + new string('x', i % 700)), sample.Turns[1].Parts[0]);
        }
    }

    [Fact]
    public void BothFormatsGiveTheSameSamples()
    {
        var rows = Enumerable.Range(0, 20).Select(i => GoodRow.Replace("\"a\"", $"\"row {i}\"")).ToArray();
        var parts = new List<Part>[2];
        foreach (var (form, text) in new[] { string.Join('\n', rows), $"[{string.Join(',', rows)}]" }.Index())
        {
            using var source = Open(text, form == 0 ? "llava_jsonl" : "llava_json");
            parts[form] = [.. Enumerable.Range(0, source.Count).SelectMany(i => source.Read(i).Turns).SelectMany(turn => turn.Parts)];
        }

        Assert.Equal(60, parts[0].Count);
        Assert.Equal(parts[0], parts[1]);
    }

    [Fact]
    public void TagsMayStayTextWhereThereIsNoPicture()
    {
        var rows = GoodRow + "\n" + GoodRow.Replace("\"image\": \"one.png\", ", "").Replace("this", "<image> is a tag");
        using var source = Open(rows, options: ", literal_tags: true");
        Assert.Single(source.Read(0).Media);
        Assert.Equal([new TextPart("<image> is a tag")], source.Read(1).Turns[1].Parts);
    }

    [Fact]
    public void ColumnsMayHaveOtherNames()
    {
        using var source = Open(GoodRow.Replace("\"id\"", "\"key\"").Replace("\"image\"", "\"picture\"").Replace("\"conversations\"", "\"chat\""),
            options: ", columns: { id: key, image: picture, conversations: chat }");
        Assert.Equal("a", source.Read(0).Id);
        Assert.Single(source.Read(0).Media);
    }

    [Fact]
    public void RowsAreFilteredByTheirColumns()
    {
        var rows = string.Join('\n', Enumerable.Range(0, 6).Select(i => GoodRow.Replace("{\"id\": \"a\"", $"{{\"id\": {i}, \"split\": \"{(i % 2 == 0 ? "even" : "odd")}\", \"third\": {(i % 3 == 0 ? "true" : "false")}")));
        using var even = Open(rows, more: "where: { split: even }");
        Assert.Equal(["0", "2", "4"], Enumerable.Range(0, even.Count).Select(i => even.Read(i).Id));
        using var both = Open(rows, more: "where: { split: odd, third: true }");
        Assert.Equal(["3"], Enumerable.Range(0, both.Count).Select(i => both.Read(i).Id));
        Assert.NotEqual(even.Fingerprint, both.Fingerprint);
        using var again = Open(rows, more: "where: { split: even }");
        Assert.Equal(even.Fingerprint, again.Fingerprint);
        var none = Assert.Throws<DataException>(() => Open(rows, more: "where: { split: prime }"));
        Snapshot.Match(none.Message, "nothing-left", folder.Path);
    }

    [Fact]
    public void EveryFaultOfARowIsNamedWithItsLine()
    {
        var turns = (string from, string value) => $$"""{"from": "{{from}}", "value": "{{value}}"}""";
        var row = (string content) => $$"""{"conversations": [{{content}}]}""";
        var question = turns("human", "Why?");
        var answer = turns("gpt", "So.");
        string[] faults =
        [
            "{\"id\": 1,",
            "{\"id\": 1} {\"id\": 2}",
            "[1, 2]",
            "{\"id\": {}, \"conversations\": []}",
            "{\"id\": 1, \"image\": 3, \"conversations\": []}",
            "{\"id\": 1, \"image\": [\"a.png\", null], \"conversations\": []}",
            "{\"id\": 1}",
            "{\"id\": 1, \"conversations\": \"hello\"}",
            "{\"id\": 1, \"conversations\": [\"hello\"]}",
            "{\"id\": 1, \"conversations\": [{\"value\": \"x\"}]}",
            "{\"id\": 1, \"conversations\": [{\"from\": \"human\"}]}",
            "{\"id\": 1, \"conversations\": [{\"from\": \"human\", \"value\": 3}]}",
            "{\"id\": 1, \"conversations\": []}",
            row($"{turns("humn", "x")}, {answer}"),
            row($"{turns("narrator", "x")}, {answer}"),
            row($"{question}, {turns("gpt", "  ")}"),
            row($"{question}, {question}, {answer}"),
            row($"{question}, {answer}, {answer}"),
            row(answer),
            row(question),
            row($"{question}, {turns("system", "x")}, {answer}"),
            row($"{question}, {turns("gpt", "\\ud800")}"),
            GoodRow.Replace("<image>", ""),
            GoodRow.Replace("<image>", "<image><image>"),
            GoodRow.Replace("\"one.png\"", "[\"one.png\", \"one.png\"]"),
            GoodRow.Replace("\"image\": \"one.png\", ", ""),
            GoodRow.Replace("one.png", "../secret.png"),
            GoodRow.Replace("one.png", "/etc/passwd"),
            GoodRow.Replace("one.png", ""),
        ];
        var shown = new StringBuilder();
        foreach (var fault in faults) shown.AppendLine(Assert.Throws<DataException>(() => Open("\n" + fault + "\n" + GoodRow)).Message);
        Snapshot.Match(shown.ToString(), "row-faults", folder.Path);
    }

    [Fact]
    public void ManyFaultsAreCountedAndTheFirstNamed()
    {
        var rows = Enumerable.Range(0, 12).Select(_ => "{}")
            .Concat(Enumerable.Range(0, 13).Select(i => GoodRow.Replace("one.png", $"absent/{i}.png")))
            .Append(GoodRow.Replace("one.png", "absent/0.png"));
        Snapshot.Match(Assert.Throws<DataException>(() => Open(string.Join('\n', rows))).Message, "many-faults", folder.Path);
    }

    [Fact]
    public void EveryFaultOfAnArrayIsNamedWithItsLine()
    {
        var shown = new StringBuilder();
        foreach (var text in new[] { "", "[", "{}", $"[{GoodRow}\n{GoodRow}]", $"[\n{GoodRow},\n 3]", $"[{GoodRow}]\n\n[]", "[]", $"[\n{GoodRow},\n" + "{\"id\": tru}]", $"[{GoodRow}," })
            shown.AppendLine(Assert.Throws<DataException>(() => Open(text, "llava_json")).Message);
        Snapshot.Match(shown.ToString(), "array-faults", folder.Path);
    }

    [Fact]
    public void FilesThatAreNotTheManifestsAreRefused()
    {
        var files = "files: [ { path: rows.jsonl, sha256: 00ff }, { path: media/one.png, bytes: 2 } ]";
        Snapshot.Match(Assert.Throws<DataException>(() => Open(GoodRow, more: files)).Message, "other-files", folder.Path);
        using var right = Open(GoodRow, more: "files: [ { path: media/one.png, bytes: 1, sha256: 6B86B273FF34FCE19D6B804EFF5A3F5747ADA4EAA22F1D49C01E52DDB7875B4B } ]");
        Assert.Equal(1, right.Count);
    }

    [Fact]
    public void MistakesInTheManifestPointAtTheirLine()
    {
        folder.Write("rows.jsonl", GoodRow);
        var path = folder.Write("wrong.yaml", "nam: x\nrows: { kind: llava_jsnl, path: rows.jsonl }\nmedia: { kind: folder, path: nowhere }\nwhere: 3\n");
        Snapshot.Match(Assert.Throws<ConfigurationException>(() => ManifestSource.Open(path)).Message, "manifest-faults", folder.Path);
    }

    [Fact]
    public void PicturesWithoutAStoreAreMissing()
    {
        folder.Write("rows.jsonl", GoodRow);
        var path = folder.Write("storeless.yaml", "name: test\nrows: { kind: llava_jsonl, path: rows.jsonl }\n");
        Snapshot.Match(Assert.Throws<DataException>(() => ManifestSource.Open(path)).Message, "no-store", folder.Path);
    }

    [Fact]
    public void AFileThatShrinksWhileItIsReadIsAnError()
    {
        using var source = Open(GoodRow + "\n" + GoodRow);
        File.WriteAllText(Path.Combine(folder.Path, "rows.jsonl"), GoodRow);
        Assert.Equal("a", source.Read(0).Id);
        Assert.Equal($"{folder.Path}/rows.jsonl: The file has become shorter since it was opened.", Assert.Throws<DataException>(() => source.Read(1)).Message);
    }

    private ManifestSource Open(string rows, string kind = "llava_jsonl", string options = "", string more = "")
    {
        folder.Write("rows.jsonl", rows);
        return ManifestSource.Open(folder.Write("data.yaml", $"name: test\nrows: {{ kind: {kind}, path: rows.jsonl{options} }}\nmedia: {{ kind: folder, path: media }}\n{more}\n"));
    }
}
