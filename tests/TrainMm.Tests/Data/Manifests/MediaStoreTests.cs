using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Manifests.Stores;

namespace TrainMm.Tests.Data.Manifests;

public sealed class MediaStoreTests : IDisposable
{
    private const uint CrcOfHello = 0x3610A686;
    private static readonly byte[] Hello = "hello"u8.ToArray();
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void AFolderGivesWhatLiesBelowItAndNothingElse()
    {
        folder.Write("secret.txt", "no");
        folder.Write("media/a/b.txt", "yes");
        using var store = new FolderStore(Path.Combine(folder.Path, "media"));
        foreach (var name in new[] { "a/b.txt", "./a/b.txt", "a//b.txt" }) Assert.Equal("yes", Encoding.UTF8.GetString(store.Read(name)));
        foreach (var name in new[] { "../secret.txt", "a/../../secret.txt", folder.Path + "/secret.txt", "", "..", ".", "a\\..\\b", "c:/x" })
        {
            Assert.False(store.Contains(name));
            Assert.Throws<DataException>(() => store.Read(name));
        }

        Assert.False(store.Contains("a"));
        Snapshot.Match(Assert.Throws<DataException>(() => store.Read("a/c.txt")).Message + "\n" + Assert.Throws<DataException>(() => store.Read("../x")).Message, "folder-faults", folder.Path);
    }

    [Fact]
    public void ALinkIsFollowedOnlyWhereTheManifestAllowsIt()
    {
        var secret = folder.Write("outside/secret.txt", "no");
        folder.Write("media/a/b.txt", "yes");
        var media = Path.Combine(folder.Path, "media");
        File.CreateSymbolicLink(Path.Combine(media, "a", "link.txt"), secret);
        Directory.CreateSymbolicLink(Path.Combine(media, "away"), Path.GetDirectoryName(secret)!);
        Directory.CreateDirectory(Path.Combine(folder.Path, "outside", "deep"));
        folder.Write("outside/deep/c.txt", "no");
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "linked"), media);

        using var store = new FolderStore(media);
        foreach (var name in (string[])["a/link.txt", "away/secret.txt", "away/deep/c.txt", "away/deep/c.txt"])
            Assert.Contains("'follow_links: true'", Assert.Throws<DataException>(() => store.Read(name)).Message, StringComparison.Ordinal);
        using var following = new FolderStore(media, followLinks: true);
        Assert.All(["a/link.txt", "away/secret.txt", "away/deep/c.txt"], name => Assert.Equal("no", Encoding.UTF8.GetString(following.Read(name))));
        using var rooted = new FolderStore(Path.Combine(folder.Path, "linked"));
        Assert.Equal("yes", Encoding.UTF8.GetString(rooted.Read("a/b.txt")));
    }

    [Fact]
    public void AZipIsReadInPlaceFromManyThreads()
    {
        var path = Path.Combine(folder.Path, "media.zip");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            zip.CreateEntry("folder/");
            for (var i = 0; i < 300; i++)
            {
                using var stream = zip.CreateEntry($"folder/{i}.txt", i % 2 == 0 ? CompressionLevel.NoCompression : CompressionLevel.Optimal).Open();
                stream.Write(Content(i));
            }
        }

        using var store = new ZipStore(path);
        Assert.False(store.Contains("folder"));
        Parallel.For(0, 3000, i => Assert.Equal(Content(i % 300), store.Read($"folder/{i % 300}.txt")));
        Assert.Equal(64, store.Fingerprint.Length);
        Assert.Equal($"{path}!absent: There is no such entry.", Assert.Throws<DataException>(() => store.Read("absent")).Message);
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(true, "a comment after the end")]
    public void LargeZipsRecordsAreUnderstood(bool zip64, string comment)
    {
        using var store = OpenZip(new ZipWriter().Add("é/a.txt", Hello, CrcOfHello, zip64: zip64).Add("b.txt", Hello, CrcOfHello).Finish(zip64, comment));
        Assert.Equal(Hello, store.Read("é/a.txt"));
        Assert.Equal(Hello, store.Read("b.txt"));
    }

    [Fact]
    public void AZipThatIsDamagedOrUnsafeIsRefused()
    {
        var good = new ZipWriter().Add("a.txt", Hello, CrcOfHello).Finish();
        var deflated = Deflate(new byte[1000]);
        var shifted = good.ToArray();
        shifted[0] = 0;
        var shown = new StringBuilder();
        foreach (var zip in new byte[][]
        {
            [],
            "hello"u8.ToArray(),
            good[..^10],
            [.. good.AsSpan(0, 30), .. good.AsSpan(60)],
            new ZipWriter().Add("../a.txt", Hello, CrcOfHello).Finish(),
            new ZipWriter().Add("/etc/a.txt", Hello, CrcOfHello).Finish(),
            new ZipWriter().Add("a.txt", Hello, CrcOfHello).Add("./a.txt", Hello, CrcOfHello).Finish(),
            new ZipWriter().Add("a.txt", Hello, CrcOfHello, flags: 1).Finish(),
            new ZipWriter().Add("a.txt", Hello, CrcOfHello, method: 12).Finish(),
            new ZipWriter().Add("a.txt", Hello, CrcOfHello, size: 0xF0000000).Finish(),
            new ZipWriter().Add("a.txt", Hello, CrcOfHello, method: 8, size: 100_000_000).Finish(),
            new ZipWriter().Add("a.txt", Hello, 1).Finish(),
            new ZipWriter().Add("a.txt", Hello, CrcOfHello, method: 8).Finish(),
            new ZipWriter().Add("a.txt", deflated, 1, method: 8, size: 10).Finish(),
            new ZipWriter().Add("a.txt", deflated, 1, method: 8, size: 2000).Finish(),
            shifted,
        })
        {
            shown.AppendLine(Assert.Throws<DataException>(() =>
            {
                using var store = OpenZip(zip);
                store.Read("a.txt");
            }).Message);
        }

        shown.AppendLine(Assert.Throws<DataException>(() => new ZipStore(Path.Combine(folder.Path, "absent.zip"))).Message);
        Snapshot.Match(shown.ToString(), "zip-faults", folder.Path);
    }

    [Theory]
    [InlineData(TarEntryFormat.V7)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Pax)]
    public void TarsOfEveryFormatAreIndexedAcrossShards(TarEntryFormat format)
    {
        var longName = format is TarEntryFormat.Gnu or TarEntryFormat.Pax ? $"{new string('d', 150)}/{new string('n', 180)}é.jpg" : $"{new string('d', 40)}/n.jpg";
        if (format == TarEntryFormat.Ustar) longName = $"{new string('d', 120)}/{new string('n', 90)}.jpg";
        var first = WriteTar("0.tar", format, ("000.jpg", Content(0)), (longName, Content(1)), ("empty.jpg", []));
        var second = WriteTar("1.tar", format, ("001.jpg", Content(600)));
        using var store = new TarStore([first, second]);
        Assert.Equal(Content(0), store.Read("000.jpg"));
        Assert.Equal(Content(1), store.Read(longName));
        Assert.Empty(store.Read("empty.jpg"));
        Parallel.For(0, 100, _ => Assert.Equal(Content(600), store.Read("./001.jpg")));
        Assert.False(store.Contains("folder"));
    }

    [Fact]
    public void ATarThatIsDamagedOrUnsafeIsRefused()
    {
        var good = File.ReadAllBytes(WriteTar("good.tar", TarEntryFormat.Ustar, ("a.txt", Hello), ("b.txt", Hello)));
        var flipped = good.ToArray();
        flipped[1536 + 3] ^= 1;
        var shown = new StringBuilder();
        foreach (var tar in new[]
        {
            "no tar at all"u8.ToArray(),
            new byte[600].Select((_, i) => (byte)i).ToArray(),
            GZip(good),
            good[..700],
            good[..514],
            good[..1026],
            good[..1400],
            flipped,
            TarOf(new UstarTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = "/etc/passwd" }),
            TarOf(new UstarTarEntry(TarEntryType.HardLink, "link") { LinkName = "a.txt" }),
            TarOf(new UstarTarEntry(TarEntryType.CharacterDevice, "null")),
            TarOf(new UstarTarEntry(TarEntryType.Fifo, "pipe")),
            TarOf(new UstarTarEntry(TarEntryType.RegularFile, "../a.txt") { DataStream = new MemoryStream(Hello) }),
            TarOf(new PaxTarEntry(TarEntryType.RegularFile, "/a.txt") { DataStream = new MemoryStream(Hello) }),
        })
        {
            var path = Path.Combine(folder.Path, "media.tar");
            File.WriteAllBytes(path, tar);
            shown.AppendLine(Assert.Throws<DataException>(() =>
            {
                using var store = new TarStore([path]);
                store.Read("b.txt");
            }).Message);
        }

        Snapshot.Match(shown.ToString(), "tar-faults", folder.Path);
    }

    private static byte[] Content(int i) => Enumerable.Range(0, ((i * 7) % 900) + 1).Select(x => (byte)(x * i)).ToArray();

    private static byte[] Deflate(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var stream = new DeflateStream(target, CompressionLevel.Optimal)) stream.Write(bytes);
        return target.ToArray();
    }

    private static byte[] GZip(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var stream = new GZipStream(target, CompressionLevel.Optimal)) stream.Write(bytes);
        return [.. target.ToArray(), .. new byte[600]];
    }

    private static byte[] TarOf(TarEntry entry)
    {
        using var target = new MemoryStream();
        using (var writer = new TarWriter(target)) writer.WriteEntry(entry);
        return target.ToArray();
    }

    private ZipStore OpenZip(byte[] bytes)
    {
        var path = Path.Combine(folder.Path, "media.zip");
        File.WriteAllBytes(path, bytes);
        return new ZipStore(path);
    }

    private string WriteTar(string name, TarEntryFormat format, params (string Name, byte[] Content)[] files)
    {
        var path = Path.Combine(folder.Path, name);
        using var writer = new TarWriter(File.Create(path), format);
        writer.WriteEntry(Entry(format, TarEntryType.Directory, "folder/"));
        foreach (var (file, content) in files)
        {
            var entry = Entry(format, format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile, file);
            entry.DataStream = new MemoryStream(content);
            writer.WriteEntry(entry);
        }

        return path;
    }

    private static TarEntry Entry(TarEntryFormat format, TarEntryType type, string name) => format switch
    {
        TarEntryFormat.V7 => new V7TarEntry(type, name),
        TarEntryFormat.Ustar => new UstarTarEntry(type, name),
        TarEntryFormat.Gnu => new GnuTarEntry(type, name),
        _ => new PaxTarEntry(type, name),
    };
}
