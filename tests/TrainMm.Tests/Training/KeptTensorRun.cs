using TrainMm.Training.Loop;
using TrainMm.Training.Stages;

namespace TrainMm.Tests.Training;

/// <summary>Tiny runs that keep tensors in one folder: features of frozen encoders, targets of generators.</summary>
/// <param name="run">Where they take place.</param>
/// <param name="configuration">Their file.</param>
internal sealed class KeptTensorRun(TinyRun run, string configuration)
{
    /// <summary>What is kept is here, in a folder for each kind of it.</summary>
    public string Folder => run.Path("kept");

    /// <summary>The files of kept tensors.</summary>
    public string[] Files => Directory.Exists(Folder) ? Directory.GetFiles(Folder, "*.tensors", SearchOption.AllDirectories) : [];

    /// <summary>Trains in a directory of this name, or goes on there.</summary>
    /// <returns>What the run said.</returns>
    public List<RunNotice> Train(string name, IEnumerable<string> settings, long? stopAfter = null)
    {
        using var stop = new StopSignal();
        var observer = new StoppingObserver(stop, stopAfter);
        RunSession.Start(new RunRequest { Options = run.Options(configuration, [.. settings]), Stage = StageKind.Pretrain, RunDirectory = run.Path($"runs/{name}") }, observer, stop);
        return observer.Notices;
    }

    /// <summary>What is said that begins so when a run is put together.</summary>
    public List<string> Notices(string beginning, IEnumerable<string> settings)
    {
        var notices = new List<string>();
        RunAssembly.Build(run.Options(configuration, [.. settings]), Stage.Of(StageKind.Pretrain), "", notice => notices.Add(notice.Text)).Dispose();
        return [.. notices.Where(notice => notice.StartsWith(beginning, StringComparison.Ordinal))];
    }

    /// <summary>The name of the folder that the one notice with this beginning speaks of.</summary>
    public string FolderOf(string beginning, IEnumerable<string> settings) =>
        Path.GetFileName(Assert.Single(Notices(beginning, settings)).Split(' ', ',').First(word => word.StartsWith(Folder, StringComparison.Ordinal)));

    /// <summary>Turns a bit over in the middle of the only file.</summary>
    public void Damage()
    {
        var file = Assert.Single(Files);
        var content = File.ReadAllBytes(file);
        content[content.Length / 2] ^= 4;
        File.WriteAllBytes(file, content);
    }

    /// <summary>Of some settings each but the first two, which are the same, keeps what it makes apart from all others.</summary>
    public void AssertApart(string beginning, IEnumerable<IEnumerable<string>> settings)
    {
        string[] folders = [.. settings.Select(each => FolderOf(beginning, each))];
        Assert.Equal(folders[0], folders[1]);
        Assert.Equal(folders.Length - 1, folders.Distinct(StringComparer.Ordinal).Count());
    }

    /// <summary>Runs that stop, and then find what they kept or have lost it, end as the one that did not stop.</summary>
    /// <param name="whole">The run that did not stop.</param>
    /// <param name="settings">Theirs.</param>
    /// <param name="stopAfter">Steps.</param>
    public void AssertResumesBitwise(string whole, string[] settings, long stopAfter)
    {
        foreach (var isLost in (bool[])[false, true])
        {
            var name = isLost ? "lost" : "found";
            Train(name, settings, stopAfter);
            if (isLost) Directory.Delete(Folder, recursive: true);
            Train(name, settings);
            Assert.Equal(run.Final(whole), run.Final(name));
            Assert.Equal(run.Metrics(whole).Select(line => line.Loss), run.Metrics(name).Select(line => line.Loss));
        }
    }
}
