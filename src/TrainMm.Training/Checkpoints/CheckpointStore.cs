using System.Globalization;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;

namespace TrainMm.Training.Checkpoints;

/// <summary>
/// A run's checkpoints, <c>step-00000010</c> and so on. One is written under another name, every file flushed, then the manifest of hashes, then it gets its name:
/// whatever a kill leaves behind is either a whole checkpoint or none.
/// </summary>
/// <param name="folder">The folder of checkpoints.</param>
public sealed class CheckpointStore(string folder)
{
    private const string TrainableFile = "trainable.safetensors";
    private const string OptimizerFile = "optimizer.safetensors";
    private const string BuffersFile = "buffers.safetensors";
    private const string StateFile = "state.json";
    private const string Prefix = "step-";
    private const string UnfinishedPrefix = ".unfinished-";
    private static readonly string[] EachHas = [TrainableFile, OptimizerFile, StateFile];

    /// <summary>The folder of one step's checkpoint.</summary>
    public string PathOf(long step) => Path.Combine(folder, Prefix + step.ToString("D8", CultureInfo.InvariantCulture));

    /// <summary>The steps that have a checkpoint's folder, newest first; none is verified.</summary>
    public IReadOnlyList<long> Steps() => !Directory.Exists(folder) ? [] :
    [
        .. Directory.EnumerateDirectories(folder, Prefix + "*")
            .Select(path => Path.GetFileName(path)[Prefix.Length..])
            .Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : -1)
            .Where(step => step >= 0)
            .OrderDescending(),
    ];

    /// <summary>Writes a checkpoint; it is durable when the call returns.</summary>
    /// <returns>Its folder.</returns>
    /// <exception cref="CheckpointException">It cannot be written; older ones are untouched.</exception>
    /// <exception cref="DiskFullException">There is no room for it; older ones are untouched.</exception>
    public string Save(CheckpointContent content)
    {
        var target = PathOf(content.State.Step);
        var unfinished = Path.Combine(folder, UnfinishedPrefix + Path.GetFileName(target));
        DiskFullException.ThrowUnlessFree(folder, content.Bytes, $"The checkpoint of step {content.State.Step}");
        try
        {
            Remove(unfinished);
            Directory.CreateDirectory(unfinished);
            SafetensorsWriter.Write(Path.Combine(unfinished, TrainableFile), content.Trainable);
            FaultPoint.Reached(FaultPoint.Save);
            SafetensorsWriter.Write(Path.Combine(unfinished, OptimizerFile), content.Optimizer);
            FaultPoint.Reached(FaultPoint.Save);
            if (content.Buffers.Count > 0) SafetensorsWriter.Write(Path.Combine(unfinished, BuffersFile), content.Buffers);
            DurableFiles.WriteText(Path.Combine(unfinished, StateFile), content.State.ToJson());
            FaultPoint.Reached(FaultPoint.Save);
            CheckpointManifest.Of(unfinished, content.Buffers.Count > 0 ? [.. EachHas, BuffersFile] : EachHas).Write(unfinished);
            DurableFiles.FlushFolder(unfinished);
            FaultPoint.Reached(FaultPoint.Rename);
            Replace(unfinished, target);
        }
        catch (IOException fault) when (DiskFullException.IsCause(fault))
        {
            Remove(unfinished);
            throw new DiskFullException(folder, content.Bytes, $"The checkpoint of step {content.State.Step}", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"The checkpoint {target} cannot be written: {fault.Message}", fault);
        }

        return target;
    }

    /// <summary>Finds the newest checkpoint that verifies.</summary>
    /// <param name="rejected">Called for each newer one that does not.</param>
    /// <returns>Its folder, or null where there is none.</returns>
    public string? FindNewest(Action<RejectedCheckpoint> rejected)
    {
        foreach (var path in Steps().Select(PathOf))
        {
            if (CheckpointManifest.Problem(path, EachHas) is not { } problem) return path;
            rejected(new RejectedCheckpoint(path, problem));
        }

        return null;
    }

    /// <summary>Reads the state of a checkpoint that verified.</summary>
    /// <exception cref="CheckpointException">The state is of another version, or damaged.</exception>
    public static RunState ReadState(string checkpoint)
    {
        var path = Path.Combine(checkpoint, StateFile);
        return RunState.FromJson(File.ReadAllText(path), path);
    }

    /// <summary>Opens the trained parameters of a checkpoint that verified.</summary>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public static SafetensorsFile OpenTrainable(string checkpoint) => SafetensorsFile.Open(Path.Combine(checkpoint, TrainableFile));

    /// <summary>Opens the optimiser's state of a checkpoint that verified.</summary>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public static SafetensorsFile OpenOptimizer(string checkpoint) => SafetensorsFile.Open(Path.Combine(checkpoint, OptimizerFile));

    /// <summary>Opens what training changes without a gradient, in a checkpoint that verified; null where it has no such thing.</summary>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public static SafetensorsFile? OpenBuffers(string checkpoint)
    {
        var path = Path.Combine(checkpoint, BuffersFile);
        return File.Exists(path) ? SafetensorsFile.Open(path) : null;
    }

    /// <summary>Removes all checkpoints but the newest ones, one step's, and those that are kept for good.</summary>
    /// <param name="options">How many of the newest stay, and which for good.</param>
    /// <param name="keepStep">A step whose checkpoint stays too, or null.</param>
    public void Prune(CheckpointOptions options, long? keepStep)
    {
        foreach (var step in Steps().Skip(options.KeepLast).Where(step => step != keepStep && (options.KeepEvery == 0 || step % options.KeepEvery != 0)))
        {
            FaultPoint.Reached(FaultPoint.Prune);
            Remove(PathOf(step));
        }

        if (!Directory.Exists(folder)) return;
        foreach (var unfinished in Directory.EnumerateDirectories(folder, UnfinishedPrefix + "*").ToList()) Remove(unfinished);
    }

    /// <summary>A damaged checkpoint of the same step may be in the way: it goes only once the new one has its name.</summary>
    private void Replace(string unfinished, string target)
    {
        var old = Path.Combine(folder, UnfinishedPrefix + "old-" + Path.GetFileName(target));
        Remove(old);
        if (Directory.Exists(target)) Directory.Move(target, old);
        Directory.Move(unfinished, target);
        DurableFiles.FlushFolder(folder);
        Remove(old);
    }

    /// <summary>Removes a checkpoint's files, and the folder if nothing else is in it. Links are removed, never followed.</summary>
    private static void Remove(string path)
    {
        var info = new DirectoryInfo(path);
        if (!info.Exists && info.LinkTarget is null) return;
        if (info.LinkTarget is not null)
        {
            info.Delete();
            return;
        }

        // The manifest first: a half-removed checkpoint is then rejected for the right reason.
        File.Delete(Path.Combine(path, CheckpointManifest.FileName));
        foreach (var file in info.EnumerateFiles()) file.Delete();
        info.Delete(recursive: false);
    }
}
